import { all } from '../../lib/api/calls';
import type { Outcome, Secret, SharedSecret } from '../../lib/api/client';
import type { Query } from '../../lib/api/records';
import * as sharing from '../../lib/api/sharing';
import { picked } from '../../lib/vault/lists';

/** The records that this person has on their own, and not with the vault that they are in: few enough to be had whole. */
export class Shared {
  #list = $state.raw<readonly SharedSecret[] | null>(null);
  #turn = 0;

  /** What they may do with one, and until when. */
  of(id: string): SharedSecret | null {
    return this.#list?.find(({ secret }) => secret.id === id) ?? null;
  }

  /** Asks unless it was asked already. Who does not get it sees such records all the same. */
  want(): void {
    if (!this.#list) void this.search({});
  }

  /** As the search of all records answers. */
  async search(query: Query): Promise<Outcome<{ items: Secret[]; nextCursor?: string | null }>> {
    const turn = this.#turn;
    const answer = await all((cursor) => sharing.sharedWithMe(cursor));
    if (!answer.ok) return answer;
    // Late, it is what somebody else has, or the same person elsewhere.
    if (turn === this.#turn) this.#list = answer.value;
    return { ok: true, value: { items: picked(answer.value.map(({ secret }) => secret), query), nextCursor: null } };
  }

  /** Another person, or another organisation. */
  forget(): void {
    this.#turn += 1;
    this.#list = null;
  }
}

export const shared = new Shared();
