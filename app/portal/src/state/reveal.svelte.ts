import type { Outcome, Revealed } from '../lib/api/client';
import type { Problem } from '../lib/problem';

/** How long a value stays open. */
export const OPEN_SEC = 30;

/**
 * One secret's plaintext: sealed until it is asked for, and sealed again after a while,
 * when the page is hidden, and when its place on the page goes.
 */
export class Reveal {
  value = $state.raw<Revealed | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  left = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;

  constructor(private readonly fetch: () => Promise<Outcome<Revealed>>) {}

  /** Shows the value for a while. */
  async open(): Promise<void> {
    const answer = await this.take();
    if (!answer) return;
    this.value = answer;
    this.left = OPEN_SEC;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.left -= 1;
      if (this.left <= 0) this.seal();
    }, 1000);
    document.addEventListener('visibilitychange', this.#onHidden);
  }

  /** Fetches the value for something else than showing it. */
  async take(): Promise<Revealed | null> {
    if (this.value) return this.value;
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = null;
    const answer = await this.fetch();
    if (turn !== this.#turn) return null;
    this.busy = false;
    if (answer.ok) return answer.value;
    this.problem = answer.problem;
    return null;
  }

  seal(): void {
    this.#turn += 1;
    this.busy = false;
    this.value = null;
    this.left = 0;
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#onHidden);
  }

  #onHidden = () => {
    if (document.visibilityState === 'hidden') this.seal();
  };
}
