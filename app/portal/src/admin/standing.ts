import { roleName } from '../lib/roles';
import { ago } from '../lib/time';
import type { Backup, License, PlatformEvent, Refusal } from './api';

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

/** How old a backup may be before it is said, in hours: a day, and one that was missed. */
const GOOD_HOURS = 48;

/** How the newest backup stands, in words. */
export function backupOf(backup: Backup | null, now = Date.now()): { words: string; more: string; tone: Tone } {
  if (!backup) return { words: 'None reported', more: 'vaultterm-install backup tells of each', tone: 'warn' };
  const hours = (now - Date.parse(backup.at)) / 3_600_000;
  const size = backup.bytes === null ? '' : `${(backup.bytes / 1e6).toFixed(1)} MB, `;
  return {
    words: ago(backup.at, now).replace(/^./, (first) => first.toUpperCase()),
    more: `${size}restored and compared before it was kept`,
    tone: hours <= GOOD_HOURS ? 'good' : 'warn',
  };
}

const ACTS: Readonly<Record<string, { title: string; tone: Tone }>> = {
  'license.refused': { title: 'A licence was refused', tone: 'warn' },
  'license.state-noticed': { title: 'What is remembered of the licence was not as it had been left', tone: 'warn' },
  'license.changed': { title: 'A licence came into force', tone: 'good' },
  'data-keys.rewrapped': { title: 'Data keys were wrapped anew', tone: 'good' },
  'master-key.rotated': { title: 'The master key was replaced', tone: 'good' },
  'audit-key.made': { title: 'The key that signs checkpoints was made', tone: 'good' },
  'trail.verified': { title: 'A trail was verified', tone: 'good' },
  'admin.link-made': { title: 'A link for a platform admin was made', tone: 'warn' },
  'admin.entered': { title: 'A platform admin came in by a link', tone: 'warn' },
  'admin.signed-in': { title: 'A platform admin signed in', tone: 'good' },
  'admin.signed-out': { title: 'A platform admin signed out', tone: 'good' },
  'admin.password-changed': { title: 'A platform admin changed their password', tone: 'good' },
  'admin.session-revoked': { title: 'A session of a platform admin was ended', tone: 'warn' },
  'admin.deactivated': { title: 'A platform admin was ended', tone: 'warn' },
  'account.factors-removed': { title: 'Second factors were removed on the host', tone: 'warn' },
  'organization.created': { title: 'An organisation was made', tone: 'good' },
  'organization.owner-asked': { title: 'A link for the first owner was made', tone: 'good' },
  'organization.suspended': { title: 'An organisation was suspended', tone: 'warn' },
  'organization.resumed': { title: 'An organisation was resumed', tone: 'good' },
  'organization.erasure-asked': { title: 'An organisation waits to be erased', tone: 'warn' },
  'organization.kept': { title: 'An organisation is not erased after all', tone: 'good' },
  'organization.erasing': { title: 'Erasing an organisation has begun', tone: 'bad' },
  'organization.erased': { title: 'An organisation is erased', tone: 'bad' },
  'people.looked-up': { title: 'People were looked up', tone: 'warn' },
};

/** The entries that there are words for. */
export const WORDED: readonly string[] = Object.keys(ACTS);

/** Who did it, as the end of a sentence. */
function doer(by: unknown): string {
  if (by === 'host') return 'on the host';
  const email = typeof by === 'object' && by !== null && 'email' in by ? by.email : undefined;
  return typeof email === 'string' ? `by ${email}` : '';
}

/** An entry of the platform's trail in words; one that this page does not know yet keeps its own. */
export function told({ action, detail }: PlatformEvent): { title: string; more: string; tone: Tone } {
  const text = (name: string) => (typeof detail[name] === 'string' ? detail[name] : '');
  const seats = typeof detail['seats'] === 'number' ? `${detail['seats']} ${detail['seats'] === 1 ? 'seat' : 'seats'}` : '';
  const more = [
    text('name'),
    text('email'),
    text('tier') && roleName(text('tier')),
    seats,
    text('kind') || text('notice'),
    text('reason'),
    SOURCES[text('source') as Refusal['source']],
    doer(detail['by']),
  ];
  const known = ACTS[action] ?? { title: action.replace(/[.-]/g, ' '), tone: 'good' };
  return { ...known, more: more.filter(Boolean).join(' · ') };
}
