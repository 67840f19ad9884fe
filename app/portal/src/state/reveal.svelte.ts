import type { Outcome, Revealed } from '../lib/api/client';
import type { Problem } from '../lib/problem';

/** How long a value stays open. */
export const OPEN_SEC = 30;

/** Why a value is asked for; the trail tells the two apart. */
export type Purpose = 'show' | 'copy';

/**
 * One field's plaintext: sealed until it is asked for, and sealed again after a while,
 * when the page is hidden, and when its place on the page goes.
 */
export class Reveal {
  value = $state.raw<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  left = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;

  constructor(private readonly fetch: (purpose: Purpose) => Promise<Outcome<Revealed>>) {}

  /** Shows the value for a while. */
  async open(): Promise<void> {
    const answer = await this.#ask('show');
    if (answer === null) return;
    this.value = answer;
    this.left = OPEN_SEC;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.left -= 1;
      if (this.left <= 0) this.seal();
    }, 1000);
    document.addEventListener('visibilitychange', this.#onHidden);
  }

  /** Shows it, or no more. */
  toggle(): void {
    if (this.value === null) void this.open();
    else this.seal();
  }

  /** Some more time with what is open. */
  extend(): void {
    if (this.value !== null) this.left = OPEN_SEC;
  }

  /** Fetches the value for the clipboard: it never gets into the page. */
  take(): Promise<string | null> {
    return this.#ask('copy');
  }

  async #ask(purpose: Purpose): Promise<string | null> {
    // What leaves the page is on record, even where it stands on it already.
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = null;
    const answer = await this.fetch(purpose);
    if (turn !== this.#turn) return null;
    this.busy = false;
    if (answer.ok) return answer.value.value;
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
