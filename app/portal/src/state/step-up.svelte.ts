import { proveWith } from '../lib/api/step-up';

interface Pending {
  readonly id: string;
  readonly settle: (proven: boolean) => void;
}

/** The proofs that the person is asked for, one after the other. */
class StepUps {
  #queue = $state.raw<readonly Pending[]>([]);
  /** What is being asked for now. */
  readonly now = $derived(this.#queue[0] ?? null);

  constructor() {
    proveWith((id) => new Promise((resolve) => (this.#queue = [...this.#queue, { id, settle: resolve }])));
  }

  /** The person proved it, or turned away. */
  settle(proven: boolean): void {
    const [first, ...rest] = this.#queue;
    this.#queue = rest;
    first?.settle(proven);
  }
}

export const stepUps = new StepUps();
