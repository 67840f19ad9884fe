import type { Outcome } from '../lib/api/client';
import { isPassing, type Problem } from '../lib/problem';

/** Something fetched: what is there, what went wrong, and the way to ask again. */
export class Load<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #turn = 0;

  constructor(private readonly fetch: () => Promise<Outcome<T>>) {}

  /** Asks again. What was there stays until the answer comes; late answers are dropped. */
  async run(): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    const answer = await this.fetch();
    if (turn !== this.#turn) return;
    this.busy = false;
    if (answer.ok) {
      this.value = answer.value;
      this.problem = null;
    } else {
      this.problem = answer.problem;
      if (!isPassing(answer.problem)) this.value = null;
    }
  }

  /** As if nothing had been asked; an answer on its way is dropped. */
  forget(): void {
    this.#turn += 1;
    this.busy = false;
    this.value = null;
    this.problem = null;
  }
}
