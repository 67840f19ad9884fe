import * as calls from '../lib/api/calls';
import { onSignedOut, type Me, type Meta, type Outcome } from '../lib/api/client';
import type { Problem } from '../lib/problem';

type Standing =
  | { readonly kind: 'asking' }
  | { readonly kind: 'away'; readonly problem: Problem }
  | { readonly kind: 'signed-out'; readonly expired: boolean }
  | { readonly kind: 'signed-in'; readonly me: Me };

/** Who is signed in, as far as the portal knows. */
export class Session {
  standing = $state.raw<Standing>({ kind: 'asking' });
  meta = $state.raw<Meta | null>(null);

  readonly me = $derived(this.standing.kind === 'signed-in' ? this.standing.me : null);
  /** Owners and admins read the trail. */
  readonly mayAudit = $derived(this.me !== null && this.me.role !== 'member');

  constructor() {
    onSignedOut(() => this.#expire());
  }

  /** Asks the server who we are. */
  async start(): Promise<void> {
    const [meta, me] = await Promise.all([calls.meta(), calls.me()]);
    if (meta.ok) this.meta = meta.value;
    if (me.ok) this.standing = { kind: 'signed-in', me: me.value };
    else if (me.problem.status === 401) this.standing = { kind: 'signed-out', expired: false };
    else this.standing = { kind: 'away', problem: me.problem };
  }

  async signIn(email: string, password: string): Promise<Outcome<Me>> {
    return this.#enter(await calls.signIn(email, password));
  }

  async setUp(setup: calls.Setup): Promise<Outcome<Me>> {
    const answer = this.#enter(await calls.setUp(setup));
    if (answer.ok && this.meta) this.meta = { ...this.meta, setupRequired: false };
    return answer;
  }

  /** Leaves. When the server cannot be told, the session still stands there: that is said. */
  async signOut(): Promise<Problem | null> {
    const answer = await calls.signOut();
    if (!answer.ok && answer.problem.status !== 401) return answer.problem;
    this.standing = { kind: 'signed-out', expired: false };
    return null;
  }

  #enter(answer: Outcome<Me>): Outcome<Me> {
    if (answer.ok) this.standing = { kind: 'signed-in', me: answer.value };
    return answer;
  }

  #expire(): void {
    if (this.standing.kind === 'signed-in') this.standing = { kind: 'signed-out', expired: true };
  }
}

export const session = new Session();
