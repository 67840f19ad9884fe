import type { License } from './api';

export type Tone = 'good' | 'warn' | 'bad';

const STANDINGS: Readonly<Record<string, { words: string; tone: Tone }>> = {
  valid: { words: 'In force', tone: 'good' },
  grace: { words: 'In its grace period', tone: 'warn' },
  lapsed: { words: 'Lapsed', tone: 'bad' },
  'not-yet-valid': { words: 'Not yet valid', tone: 'bad' },
  unlicensed: { words: 'Without a licence', tone: 'warn' },
};

/** How a licence stands, in words. */
export function standingOf(license: License): { words: string; tone: Tone } {
  return STANDINGS[license.standing] ?? { words: license.standing, tone: 'warn' };
}

const KEYS: Readonly<Record<string, { words: string; tone: Tone }>> = {
  vendor: { words: 'Vendor keys', tone: 'good' },
  development: { words: 'Development keys', tone: 'warn' },
  absent: { words: 'No keys', tone: 'bad' },
};

/** Whose keys a build trusts, in words. */
export function keysOf(keys: string): { words: string; tone: Tone } {
  return KEYS[keys] ?? { words: keys, tone: 'warn' };
}
