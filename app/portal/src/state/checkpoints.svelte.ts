import * as calls from '../lib/api/audit';
import type { AuditCheckpoint } from '../lib/api/client';
import type { Problem } from '../lib/problem';

/** So many stand there at first: the newest. */
const FEW = 3;

/** The checkpoints of the trail, the newest first, as far as somebody has gone back. */
export class Checkpoints {
  items = $state.raw<readonly AuditCheckpoint[] | null>(null);
  publicKey = $state.raw<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #next = $state.raw<string | null>(null);
  #folded = $state(true);
  #turn = 0;

  readonly shown = $derived(this.#folded ? (this.items ?? []).slice(0, FEW) : (this.items ?? []));
  /** Whether there are earlier ones than those that are shown. */
  readonly goesOn = $derived(this.#next !== null || this.shown.length < (this.items?.length ?? 0));
  readonly folds = $derived(this.shown.length > FEW);

  /** Asks anew, from the newest on. */
  async run(): Promise<void> {
    await this.#read();
  }

  /** Shows those that were read already; from then on, reads further back. */
  async earlier(): Promise<void> {
    if (this.#folded) this.#folded = false;
    else if (this.#next !== null && !this.busy) await this.#read(this.#next);
  }

  fold(): void {
    this.#folded = true;
  }

  async #read(from?: string): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    const answer = await calls.checkpoints(from);
    if (turn !== this.#turn) return;
    this.busy = false;
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    const { items, nextCursor, publicKey } = answer.value;
    this.items = from ? [...(this.items ?? []), ...items] : items;
    this.#next = nextCursor ?? null;
    this.publicKey = publicKey ?? null;
  }
}
