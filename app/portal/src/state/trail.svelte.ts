import * as calls from '../lib/api/audit';
import type { AuditEvent } from '../lib/api/client';
import { asFilter, NOTHING, type AuditForm } from '../lib/audit-filter';
import type { Problem } from '../lib/problem';

/** A search for words may look through long stretches without finding any: so many in a row. */
const MOST_EMPTY = 20;
const PAUSE_MS = 250;

/** The trail as far as it was read back, narrowed to what is looked for. */
export class Trail {
  form = $state<AuditForm>({ ...NOTHING });
  events = $state.raw<readonly AuditEvent[] | null>(null);
  next = $state.raw<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #turn = 0;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly filter = $derived(asFilter(this.form));

  /** Asks anew once nobody types any more. */
  ask(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.run(), this.#asked ? PAUSE_MS : 0);
  }

  async run(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#read();
  }

  async more(): Promise<void> {
    if (this.next !== null && !this.busy) await this.#read(this.next);
  }

  async #read(from?: string): Promise<void> {
    const turn = ++this.#turn;
    this.#asked = true;
    this.busy = true;
    let cursor: string | undefined = from;
    const found: AuditEvent[] = [];
    for (let pages = 0; pages < MOST_EMPTY && found.length === 0; pages += 1) {
      const answer = await calls.listAudit(this.filter, cursor);
      if (turn !== this.#turn) return;
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) break;
      found.push(...answer.value.items);
      this.next = answer.value.nextCursor ?? null;
      if (this.next === null) break;
      cursor = this.next;
    }
    this.busy = false;
    if (this.problem) {
      // What is there answers another question. Further back, it stays, and can be asked for again.
      if (!from) this.events = this.next = null;
      return;
    }
    this.events = from ? [...(this.events ?? []), ...found] : found;
  }
}
