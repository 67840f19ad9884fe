import type { Secret } from '../api/client';
import type { Query } from '../api/records';
import { matches } from '../search';

/** Pages may overlap when somebody changes what they are made of: what the last ones held is not taken again. */
export function joined(before: readonly Secret[], page: readonly Secret[]): readonly Secret[] {
  const known = new Set(before.slice(-2 * page.length).map(({ id }) => id));
  return [...before, ...page.filter(({ id }) => !known.has(id))];
}

/** A list without some of its records. */
export function without(list: readonly Secret[], gone: readonly Secret[]): readonly Secret[] {
  const ids = new Set(gone.map(({ id }) => id));
  return list.filter(({ id }) => !ids.has(id));
}

/** A list of which some records are in another vault now. */
export function moved(list: readonly Secret[], gone: readonly Secret[], to: string): readonly Secret[] {
  const ids = new Set(gone.map(({ id }) => id));
  return list.map((record) => (ids.has(record.id) ? { ...record, vaultId: to } : record));
}

const ORDERS = {
  name: (a: Secret, b: Secret) => a.name.localeCompare(b.name),
  updated: (a: Secret, b: Secret) => a.updatedAt.localeCompare(b.updatedAt),
  created: (a: Secret, b: Secret) => a.createdAt.localeCompare(b.createdAt),
};

/** What the server's search would answer, from a short list that is here already. */
export function picked(list: readonly Secret[], { q = '', type, tag, favourite, sort, order }: Query): Secret[] {
  const found = list.filter(
    (record) =>
      matches(record, q) && (!type || record.type === type) && (!tag || record.tags.includes(tag)) && (!favourite || record.favourite),
  );
  return sorted(found, { sort, order });
}

/** In the order that was asked for; what fits best is the server's to say, and by name here. */
export function sorted(list: readonly Secret[], { sort, order }: Query): Secret[] {
  const ahead = ORDERS[sort === 'updated' || sort === 'created' ? sort : 'name'];
  return [...list].sort(order === 'desc' ? (a, b) => ahead(b, a) : ahead);
}

/** So many records are looked through for words, and so many words are offered. */
const LOOKED = 2000;
const OFFERED = 100;

/** The words on the first records of a list, in order. */
export function tagsOf(list: readonly Secret[]): string[] {
  const words = new Set(list.slice(0, LOOKED).flatMap(({ tags }) => tags));
  return [...words].sort((a, b) => a.localeCompare(b)).slice(0, OFFERED);
}
