import * as account from '../lib/api/account';
import * as calls from '../lib/api/calls';
import { onNews, type Arrival, type Me, type Meta, type Outcome, type SecondFactorStep } from '../lib/api/client';
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
  /** Half way in: the password was right, the second factor is awaited. */
  step = $state.raw<SecondFactorStep | null>(null);

  readonly me = $derived(this.standing.kind === 'signed-in' ? this.standing.me : null);
  /** Owners and admins read the trail, and manage people. */
  readonly mayAudit = $derived(this.me !== null && this.me.role !== 'member');
  /** Nothing else is open until a second factor is set up. */
  readonly mustEnrol = $derived(this.me?.secondFactor.mustEnrol ?? false);

  constructor() {
    onNews('not-signed-in', () => this.#expire());
    onNews('second-factor-required', () => void this.refresh());
  }

  /** Asks the server who we are. */
  async start(): Promise<void> {
    const [meta, me] = await Promise.all([calls.meta(), calls.me()]);
    if (meta.ok) this.meta = meta.value;
    if (me.ok) this.standing = { kind: 'signed-in', me: me.value };
    else if (me.problem.status === 401) this.standing = { kind: 'signed-out', expired: false };
    else this.standing = { kind: 'away', problem: me.problem };
  }

  /** Asks again after something about the person changed. */
  async refresh(): Promise<void> {
    const me = await calls.me();
    if (me.ok && this.me) this.standing = { kind: 'signed-in', me: me.value };
  }

  async signIn(email: string, password: string): Promise<Problem | null> {
    return this.arrive(await account.signIn(email, password));
  }

  /** Takes the answer of any way in: one is in, or half way, or was refused. */
  arrive(answer: Outcome<Arrival>): Problem | null {
    if (!answer.ok) return answer.problem;
    if (answer.value.kind === 'second-factor') this.step = answer.value;
    else this.#enter({ ok: true, value: answer.value.me });
    return null;
  }

  async setUp(setup: calls.Setup): Promise<Outcome<Me>> {
    const answer = this.#enter(await calls.setUp(setup));
    if (answer.ok && this.meta) this.meta = { ...this.meta, setupRequired: false };
    return answer;
  }

  /** Goes on in another of the person's organisations. */
  async switchTo(organizationId: string): Promise<Problem | null> {
    const answer = this.#enter(await account.switchOrganization(organizationId));
    return answer.ok ? null : answer.problem;
  }

  /** Leaves. When the server cannot be told, the session still stands there: that is said. */
  async signOut(): Promise<Problem | null> {
    const answer = await calls.signOut();
    if (!answer.ok && answer.problem.status !== 401) return answer.problem;
    this.left();
    return null;
  }

  /** The server ended the session, as the person wished. */
  left(): void {
    this.standing = { kind: 'signed-out', expired: false };
  }

  #enter(answer: Outcome<Me>): Outcome<Me> {
    if (!answer.ok) return answer;
    this.step = null;
    this.standing = { kind: 'signed-in', me: answer.value };
    return answer;
  }

  #expire(): void {
    if (this.standing.kind === 'signed-in') this.standing = { kind: 'signed-out', expired: true };
  }
}

export const session = new Session();
