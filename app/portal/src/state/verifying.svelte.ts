import * as audit from '../lib/api/audit';
import type { Problem } from '../lib/problem';

type Verdict = Extract<Awaited<ReturnType<typeof audit.verification>>, { ok: true }>['value'];

interface Kept {
  readonly name: string;
  readonly content: Record<string, never>;
}

/** How often it is asked how far a long reading is. */
const AGAIN_MS = 1500;

/** A reading of the whole trail: what it is compared with, how far it is, and what came of it. */
export class Verifying {
  /** The checkpoints to compare it with. */
  kept = $state.raw<readonly Kept[]>([]);
  /** Why a file was not taken. */
  wrong = $state('');
  verdict = $state.raw<Verdict | null>(null);
  /** Whether the verdict is of checkpoints, too: of those that it was asked with. */
  compared = $state(false);
  /** While it goes on by itself: how far it is. */
  reading = $state.raw<Verdict | null>(null);
  brokeOff = $state(false);
  #busy = false;
  #closed = false;

  /** Takes a checkpoint. What is being verified is not compared with it any more. */
  async take(file: File): Promise<void> {
    if (this.#busy) return;
    this.verdict = null;
    try {
      const content = JSON.parse(await file.text()) as Kept['content'];
      this.kept = [...this.kept, { name: file.name, content }];
      this.wrong = '';
    } catch {
      this.wrong = `${file.name} is no checkpoint.`;
    }
  }

  /** Verifies, however long it takes; says what was refused. */
  async run(): Promise<Problem | null> {
    this.#busy = true;
    const problem = await this.#read();
    this.#busy = false;
    return problem;
  }

  async #read(): Promise<Problem | null> {
    const sent = this.kept;
    this.verdict = null;
    this.brokeOff = false;
    let answer = await audit.verify(sent.map(({ content }) => content));
    while (answer.ok && answer.value.state === 'running' && !this.#closed) {
      this.reading = answer.value;
      await new Promise((go) => setTimeout(go, AGAIN_MS));
      answer = await audit.verification();
    }
    // What was begun and is not known any more has ended with its server.
    this.brokeOff = this.reading !== null && !answer.ok && answer.problem.status === 404;
    this.reading = null;
    if (this.brokeOff) return null;
    if (!answer.ok) return answer.problem;
    this.compared = sent.length > 0;
    this.verdict = answer.value;
    return null;
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#closed = true;
  }
}
