import * as records from '../../lib/api/records';
import type { Query } from '../../lib/api/records';
import type { Secret } from '../../lib/api/client';
import type { Problem } from '../../lib/problem';
import { matches } from '../../lib/search';
import { joined, without } from '../../lib/vault/lists';

/** Somebody who types is answered after so short a pause. */
const PAUSE_MS = 80;

/** A list of records as far as it was scrolled: page after page, newest answer wins. */
export class RecordList {
  items = $state.raw<readonly Secret[]>([]);
  /** What was asked for; `shown` is what the items answer. */
  query = $state.raw<Query>({});
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** Whether anything was answered yet. */
  known = $state(false);
  #next = $state.raw<string | null>(null);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly fetch: (query: Query, cursor?: string) => ReturnType<typeof records.search> = records.search) {}

  readonly complete = $derived(this.known && this.#next === null);

  /** Asks for something else. What is there is filtered at once, until the answer comes. */
  ask(query: Query, { pause = false } = {}): void {
    const narrower = this.known && sameBut(this.query, query) && (query.q ?? '').startsWith(this.query.q ?? '');
    this.query = query;
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (narrower) this.items = this.items.filter((record) => matches(record, query.q ?? ''));
    if (pause) this.#timer = setTimeout(() => void this.run(), PAUSE_MS);
    else void this.run();
  }

  /** Asks again from the beginning. */
  async run(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#page();
  }

  /** Asks for the next page, when there is one and nothing is on its way. */
  more(): void {
    if (this.#next !== null && !this.busy && !this.problem) void this.#page(this.#next);
  }

  async #page(cursor?: string): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = null;
    const answer = await this.fetch(this.query, cursor);
    if (turn !== this.#turn) return;
    this.busy = false;
    if (!answer.ok) return void (this.problem = answer.problem);
    const { items, nextCursor } = answer.value;
    this.items = cursor ? joined(this.items, items) : items;
    this.#next = nextCursor ?? null;
    this.known = true;
  }

  find(id: string): Secret | null {
    return this.items.find((record) => record.id === id) ?? null;
  }

  /** A record as it is now: where it stands, or first. */
  put(record: Secret): void {
    const known = this.items.some(({ id }) => id === record.id);
    this.items = known ? this.items.map((each) => (each.id === record.id ? record : each)) : [record, ...this.items];
  }

  drop(records: readonly Secret[]): void {
    this.items = without(this.items, records);
  }
}

/** Whether two questions differ in nothing but the words that are looked for. */
function sameBut(a: Query, b: Query): boolean {
  return JSON.stringify({ ...a, q: '' }) === JSON.stringify({ ...b, q: '' });
}
