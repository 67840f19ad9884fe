import { tick } from 'svelte';
import { focusInvalid, overall } from '../lib/form';
import type { Problem } from '../lib/problem';

/** A form on its way: what is missing, what was refused, and that it is being sent. */
export class Form {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  element = $state<HTMLFormElement>();
  #absent = $state.raw<Record<string, string>>({});

  /** Messages by the field they belong to. */
  readonly errors: Record<string, string> = $derived({ ...this.problem?.fields, ...this.#absent });
  /** What no field says. */
  readonly general: Problem | null = $derived.by(() => overall(this.problem, this.fields));

  constructor(private readonly fields: readonly string[]) {}

  /** Sends it unless something is missing, and leads to the first field that is wrong. */
  async submit(
    event: SubmitEvent,
    missing: () => Record<string, string>,
    send: () => Promise<Problem | null>,
  ): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    this.problem = null;
    this.#absent = missing();
    if (Object.keys(this.#absent).length === 0) {
      this.busy = true;
      this.problem = await send();
      this.busy = false;
    }
    await tick();
    focusInvalid(this.element);
  }
}
