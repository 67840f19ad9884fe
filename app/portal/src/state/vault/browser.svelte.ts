import { SvelteSet } from 'svelte/reactivity';
import type { Secret, SecretType } from '../../lib/api/client';
import type { Query } from '../../lib/api/records';
import { tagsOf } from '../../lib/vault/lists';
import { RecordList } from './list.svelte';

export const SORTS = [
  { value: 'name', label: 'By name', sort: 'name', order: 'asc' },
  { value: 'changed', label: 'Last changed', sort: 'updated', order: 'desc' },
  { value: 'added', label: 'Last added', sort: 'created', order: 'desc' },
  { value: 'oldest', label: 'Longest unchanged', sort: 'updated', order: 'asc' },
] as const;
export type Sort = (typeof SORTS)[number]['value'];

/** A list that somebody goes through: what it is narrowed to, where they are, what they ticked. */
export class Browser {
  readonly list: RecordList;
  text = $state('');
  type = $state<SecretType | ''>('');
  tag = $state('');
  favourite = $state(false);
  sort = $state<Sort>('name');
  #active = $state(0);
  readonly selection = new SvelteSet<string>();
  #anchor = 0;

  readonly narrowed = $derived(this.text.trim() !== '' || this.type !== '' || this.tag !== '' || this.favourite);
  readonly query = $derived.by((): Query => {
    const { sort, order } = SORTS.find(({ value }) => value === this.sort) ?? SORTS[0];
    const q = this.text.trim() || undefined;
    return {
      vaultId: this.vaultId,
      q,
      type: this.type || undefined,
      tag: this.tag || undefined,
      favourite: this.favourite || undefined,
      // What fits best stands first, unless somebody wants another order.
      sort: q && sort === 'name' ? 'best' : sort,
      order,
    };
  });
  readonly selected = $derived.by(() =>
    this.selection.size === 0 ? [] : this.list.items.filter(({ id }) => this.selection.has(id)),
  );
  /** Words that are offered as filters: those on what is loaded. */
  readonly tags = $derived.by(() => tagsOf(this.list.items));

  constructor(
    readonly vaultId?: string,
    source?: ConstructorParameters<typeof RecordList>[0],
  ) {
    this.list = new RecordList(source);
  }

  /** The row that keys work on. It is one of the list, also where that was fetched again and is shorter now. */
  get active(): number {
    return this.#within(this.#active);
  }
  set active(place: number) {
    this.#active = place;
  }

  at(place: number): Secret | undefined {
    return this.list.items[place];
  }

  #within(place: number): number {
    return Math.max(Math.min(place, this.list.items.length - 1), 0);
  }

  /** Another row, within the list. */
  step(by: number): void {
    this.active = this.#within(this.active + by);
  }

  /** Ticks a row or takes the tick off; with a range, from the last one on. */
  pick(place: number, range: boolean): void {
    const record = this.at(place);
    if (!record) return;
    if (range && this.selection.size > 0) {
      const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
      for (const { id } of this.list.items.slice(from, to + 1)) this.selection.add(id);
    } else if (!this.selection.delete(record.id)) this.selection.add(record.id);
    this.#anchor = place;
    this.active = place;
  }

  pickAll(): void {
    for (const { id } of this.list.items) this.selection.add(id);
  }

  /** As if nothing had been looked for. */
  widen(): void {
    this.text = '';
    this.type = '';
    this.tag = '';
    this.favourite = false;
  }

  /** They are gone from here. */
  drop(records: readonly Secret[]): void {
    for (const { id } of records) this.selection.delete(id);
    this.list.drop(records);
    this.step(0);
  }
}
