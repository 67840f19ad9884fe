import { roleName } from '../lib/roles';
import type { License, PlatformEvent, Refusal } from './api';

export type Tone = 'good' | 'warn' | 'bad';

const STANDINGS: Readonly<Record<string, { words: string; tone: Tone }>> = {
  valid: { words: 'In force', tone: 'good' },
  grace: { words: 'In its grace period', tone: 'warn' },
  lapsed: { words: 'Lapsed', tone: 'bad' },
  'not-yet-valid': { words: 'Not yet valid', tone: 'bad' },
  'wrong-host': { words: 'Bound to another host', tone: 'bad' },
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

/** Where a licence came from, as the end of a sentence. */
export const SOURCES: Readonly<Record<Refusal['source'], string>> = {
  file: 'from the file at LICENSE_PATH',
  upload: 'from this page',
  database: 'from another replica',
};

/** An entry of the platform's trail in words; one that this page does not know yet keeps its own. */
export function told({ action, detail }: PlatformEvent): { title: string; more: string; tone: Tone } {
  const text = (name: string) => (typeof detail[name] === 'string' ? detail[name] : '');
  const source = SOURCES[text('source') as Refusal['source']] ?? '';
  switch (action) {
    case 'license.changed': {
      const count = detail['seats'];
      const seats = typeof count === 'number' ? `${count} ${count === 1 ? 'seat' : 'seats'}` : '';
      return {
        title: 'A licence came into force',
        more: [text('tier') && roleName(text('tier')), seats, source].filter(Boolean).join(' · '),
        tone: 'good',
      };
    }
    case 'license.refused':
      return { title: 'A licence was refused', more: [text('kind'), source].filter(Boolean).join(' · '), tone: 'warn' };
    case 'license.state-noticed':
      return { title: 'What is remembered of the licence was not as it had been left', more: text('notice'), tone: 'warn' };
    default:
      return { title: action.replace(/[.-]/g, ' '), more: '', tone: 'good' };
  }
}
