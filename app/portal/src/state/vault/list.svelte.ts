import * as records from '../../lib/api/records';
import type { Query } from '../../lib/api/records';
import type { Secret } from '../../lib/api/client';
import type { Problem } from '../../lib/problem';
import { matches } from '../../lib/search';
import { joined, moved, sorted, without } from '../../lib/vault/lists';

/** Somebody who types is answered after so short a pause. */
const PAUSE_MS = 80;

/** A list of records as far as it was scrolled: page after page, newest answer wins. */
export class RecordList {
  items = $state.raw<readonly Secret[]>([]);
  /** What was asked for; `shown` is what the items answer. */
  query = $state.raw<Query>({});
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** The items answer an earlier question: the one asked now is on its way. */
  stale = $state(false);
  /** Whether anything was answered yet. */
  known = $state(false);
  #next = $state.raw<string | null>(null);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly fetch: (query: Query, cursor?: string) => ReturnType<typeof records.search> = records.search) {}

  readonly complete = $derived(this.known && this.#next === null);

  /**
   * Asks for something else. Until the answer comes, what is there is filtered at once; where nothing is
   * left of it, it stays: that the server finds nothing is not known yet.
   */
  ask(query: Query, { pause = false } = {}): void {
    const narrower = this.known && sameBut(this.query, query) && (query.q ?? '').startsWith(this.query.q ?? '');
    this.query = query;
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.stale = true;
    const kept = narrower ? this.items.filter((record) => matches(record, query.q ?? '')) : [];
    if (kept.length > 0) this.items = kept;
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
    if (this.#next !== null && !this.busy && !this.stale && !this.problem) void this.#page(this.#next);
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
    this.stale = false;
    this.known = true;
  }

  find(id: string): Secret | null {
    return this.items.find((record) => record.id === id) ?? null;
  }

  /** A record as it is now. A new one stands where the order wants it; first, where not all is loaded or sought for. */
  put(record: Secret): void {
    if (this.items.some(({ id }) => id === record.id)) {
      this.items = this.items.map((each) => (each.id === record.id ? record : each));
    } else {
      const all = [record, ...this.items];
      this.items = this.complete && !this.query.q ? sorted(all, this.query) : all;
    }
  }

  /** They are in another vault now. */
  move(records: readonly Secret[], to: string): void {
    this.items = moved(this.items, records, to);
  }

  drop(records: readonly Secret[]): void {
    this.items = without(this.items, records);
  }
}

/** Whether two questions differ in nothing but the words that are looked for, and in what comes first. */
function sameBut(a: Query, b: Query): boolean {
  const but = (query: Query) => JSON.stringify({ ...query, q: '', sort: '', order: '' });
  return but(a) === but(b);
}
