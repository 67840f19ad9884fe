import type { Secret } from './api/client';

/** Whether a record holds every word of a query in what is open of it. The server has the last word. */
export function matches(record: Secret, query: string): boolean {
  const words = folded(query).split(/\s+/).filter(Boolean);
  // Of one that does not open nobody knows.
  if (words.length === 0 || !record.readable) return true;
  const custom = record.customFields.flatMap(({ label, value }) => [label, value ?? '']);
  const text = folded([record.name, ...Object.values(record.fields), ...record.tags, ...custom].join(' '));
  return words.every((word) => text.includes(word));
}

/** Without case and accents. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The part of an address that people recognise. */
export function host(url: string): string {
  try {
    return new URL(url).host || url;
  } catch {
    return url;
  }
}

/** An address that may be followed; other schemes could run code. */
export function followable(url: string): string | null {
  try {
    const { protocol, href } = new URL(url);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}
