import type { ReaderReason, Secret, SecretLink, SharedSecret, SecretTypeInfo, VaultRole } from '../api/client';
import { ago, dayOf } from '../time';
import { roleName } from '../roles';
import { labelOf } from './types';

interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

const ROLES: readonly Choice<VaultRole>[] = [
  { value: 'VIEWER', label: 'Viewer: sees and reveals' },
  { value: 'EDITOR', label: 'Editor: also stores and changes' },
  { value: 'ADMIN', label: 'Admin: also throws away and shares' },
  { value: 'OWNER', label: 'Owner: also manages the vault itself' },
];

/** The roles that may be given: one record on its own knows two, and nobody gives more than they have. */
export function rolesFor(record: boolean, own: VaultRole): readonly Choice<VaultRole>[] {
  const most = record ? 2 : ROLES.findIndex(({ value }) => value === own) + 1;
  return ROLES.slice(0, most);
}

/** For how long something is given. */
export const TERMS: readonly Choice<string>[] = [
  { value: '', label: 'Until it is taken away' },
  { value: '1', label: 'For a day' },
  { value: '7', label: 'For a week' },
  { value: '30', label: 'For thirty days' },
  { value: 'day', label: 'Until a day…' },
];

/** The end that something has already. */
export const KEPT = 'kept';

/** The same for what ends already: it stays so unless something else is chosen. */
export function termsOf(kept: string | null): readonly Choice<string>[] {
  return kept ? [{ value: KEPT, label: `As it is: ${until(kept)}` }, ...TERMS] : TERMS;
}

/** When something that is given ends: after so many days, or with a day of the giver's own time. */
export function endOf(term: string, day: string, now = new Date(), kept: string | null = null): string | null {
  if (term === KEPT) return kept;
  if (term === 'day') {
    const [year, month, date] = day.split('-').map(Number);
    return year && month && date ? new Date(year, month - 1, date + 1).toISOString() : null;
  }
  const days = Number(term);
  return term && Number.isFinite(days) ? new Date(now.getTime() + days * 86_400_000).toISOString() : null;
}

/** "Until 3 Dec 2026", where there is an end. */
export function until(expiresAt: string | null | undefined): string {
  return expiresAt ? `until ${dayOf(expiresAt)}` : 'for good';
}

/** What one has of a record that was shared on its own. */
export function given({ role, expiresAt }: SharedSecret): string {
  return `${roleName(role)}, ${until(expiresAt)}`;
}

/** Why somebody can see a record, in words. */
export function reason({ through, team, role, expiresAt }: ReaderReason): string {
  const from = through === 'vault' ? 'through the vault' : 'shared on its own';
  const by = team ? `as ${roleName(role)} by the team ${team.name}` : `as ${roleName(role)}`;
  return `${from}, ${by}${expiresAt ? `, ${until(expiresAt)}` : ''}`;
}

/** How and when a link ended; null while it can be opened. */
export function endedBy({ remaining, openedAt, expiresAt }: SecretLink, now = Date.now()): string | null {
  if (remaining === 0) return `Used up ${ago(openedAt ?? expiresAt, now)}`;
  return Date.parse(expiresAt) <= now ? `Its time was over ${ago(expiresAt, now)}` : null;
}

/** What a link to a record may show: whatever it holds, open or sealed. */
export function fieldsOf(record: Secret, info: SecretTypeInfo | undefined): Choice<string>[] {
  const own = (info?.fields ?? []).map(({ name }) => name).filter((name) => record.fields[name] || record.concealed.includes(name));
  return [
    ...own.map((name) => ({ value: name, label: labelOf(info, name) })),
    ...record.customFields.map(({ id, label }) => ({ value: `custom:${id}`, label })),
  ];
}
