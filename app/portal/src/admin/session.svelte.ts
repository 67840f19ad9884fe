import type { Outcome } from '../lib/api/client';
import type { Problem } from '../lib/problem';
import * as api from './api';

/** Whether a platform admin is signed in, as far as is known. */
type Standing =
  | { readonly kind: 'asking' }
  | { readonly kind: 'in'; readonly me: api.Operator }
  | { readonly kind: 'out'; readonly expired: boolean }
  | { readonly kind: 'away'; readonly problem: Problem };

class Session {
  standing = $state.raw<Standing>({ kind: 'asking' });

  constructor() {
    api.onSignedOut(() => {
      this.standing = { kind: 'out', expired: this.standing.kind === 'in' };
    });
  }

  get me(): api.Operator | null {
    return this.standing.kind === 'in' ? this.standing.me : null;
  }

  /** Asks who is signed in. */
  async start(): Promise<void> {
    const answer = await api.me();
    if (answer.ok) this.standing = { kind: 'in', me: answer.value };
    else if (answer.problem.status !== 401) this.standing = { kind: 'away', problem: answer.problem };
  }

  /** Somebody has shown who they are, or has not. */
  arrive(answer: Outcome<api.Operator>): Problem | null {
    if (!answer.ok) return answer.problem;
    this.standing = { kind: 'in', me: answer.value };
    return null;
  }

  async signOut(): Promise<Problem | null> {
    const answer = await api.signOut();
    if (!answer.ok && answer.problem.status !== 401) return answer.problem;
    this.left();
    return null;
  }

  left(): void {
    this.standing = { kind: 'out', expired: false };
  }
}

export const session = new Session();
