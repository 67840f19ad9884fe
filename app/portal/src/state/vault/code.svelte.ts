import * as records from '../../lib/api/records';
import type { ShownCode } from '../../lib/api/client';
import type { Place } from '../../lib/api/records';
import type { Problem } from '../../lib/problem';

/** So many codes in a row; then somebody has to ask again. */
const MOST = 5;

/** The code of the moment, as the server makes it: the seed stays there. */
export class Code {
  value = $state.raw<ShownCode | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  left = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;
  #shown = 0;
  #ended = 0;

  constructor(private readonly at: () => Place) {}

  /** Shows the code, and the next ones for a while. */
  async open(): Promise<void> {
    this.#shown = 0;
    await this.#next();
    if (!this.value) return;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 1000);
    document.addEventListener('visibilitychange', this.#onHidden);
  }

  /** The code for the clipboard. */
  async take(): Promise<string | null> {
    if (this.value && this.left > 1) return this.value.code;
    const ended = this.#ended;
    const answer = await records.code(this.at());
    // Another record is open by now: this one's code is not what its reader expects there.
    if (ended !== this.#ended) return null;
    if (answer.ok) return answer.value.code;
    this.problem = answer.problem;
    return null;
  }

  /** Its place on the page goes, and what was asked for there is not wanted any more. */
  end(): void {
    this.#ended += 1;
    this.seal();
  }

  seal(): void {
    this.#turn += 1;
    this.busy = false;
    this.value = null;
    this.left = 0;
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#onHidden);
  }

  #tick(): void {
    this.#count();
    if (this.left > 0 || this.busy) return;
    if (this.#shown >= MOST) this.seal();
    else void this.#next();
  }

  async #next(): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = null;
    const answer = await records.code(this.at());
    if (turn !== this.#turn) return;
    this.busy = false;
    if (!answer.ok) {
      this.seal();
      this.problem = answer.problem;
      return;
    }
    this.#shown += 1;
    this.value = answer.value;
    this.#count();
  }

  /** This machine's clock may be off: a code is never taken to last longer than its period. */
  #count(): void {
    if (!this.value) return;
    const seconds = Math.ceil((Date.parse(this.value.validUntil) - Date.now()) / 1000);
    this.left = Math.min(Math.max(seconds, 0), this.value.period);
  }

  #onHidden = () => {
    if (document.visibilityState === 'hidden') this.seal();
  };
}
