import type { SecretSummary } from './api/client';

/** The secrets that hold every word of a query in their name, user name or address. */
export function matching(secrets: readonly SecretSummary[], query: string): SecretSummary[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  return secrets.filter((secret) => {
    const text = folded(`${secret.name} ${secret.username} ${secret.url}`);
    return words.every((word) => text.includes(word));
  });
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
