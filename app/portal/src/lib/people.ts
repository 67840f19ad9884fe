import type { OrgRole, Scope, VaultRole } from './api/client';

const FACTORS: Readonly<Record<string, string>> = {
  password: 'password',
  totp: 'authenticator app',
  passkey: 'passkey',
  'recovery-code': 'recovery code',
  sso: 'single sign-on',
  link: 'link',
};

/** How somebody signed in, in words. */
export function factorNames(factors: readonly string[]): string {
  const words = factors.map((each) => FACTORS[each] ?? each).join(' and ');
  return words && `signed in by ${words}`;
}

/** The roles that somebody may give: nobody gives what they do not have. */
export function rolesToGive(own: string): { value: OrgRole; label: string }[] {
  const all: { value: OrgRole; label: string }[] = [
    { value: 'member', label: 'Member: uses the vaults that are shared with them' },
    { value: 'admin', label: 'Admin: also manages people, teams and settings' },
    { value: 'owner', label: 'Owner: also hands over or ends the organisation' },
  ];
  return own === 'owner' ? all : all.filter(({ value }) => value !== 'owner');
}

export const TEAM_ROLES: readonly { value: VaultRole; label: string }[] = [
  { value: 'VIEWER', label: 'Viewer: sees' },
  { value: 'EDITOR', label: 'Editor: also changes' },
  { value: 'ADMIN', label: 'Admin: also deletes' },
  { value: 'OWNER', label: 'Owner: also manages' },
];

interface State {
  readonly word: string;
  readonly tone: 'plain' | 'accent' | 'brass' | 'danger';
}

/** The state of a membership or an invitation, as people read it. Members in force need no word. */
export function stateOf(state: string): State | null {
  switch (state.toLowerCase()) {
    case 'confirmed':
    case 'open':
      return null;
    case 'accepted':
      return { word: 'Waits for confirmation', tone: 'brass' };
    case 'invited':
      return { word: 'Invited', tone: 'plain' };
    case 'revoked':
    case 'deactivated':
      return { word: 'Deactivated', tone: 'danger' };
    case 'expired':
      return { word: 'Expired', tone: 'danger' };
    default:
      return { word: state, tone: 'plain' };
  }
}

interface ScopeWords {
  readonly name: Scope;
  readonly label: string;
  readonly hint: string;
}

/** What a token may do. */
export const SCOPES: readonly ScopeWords[] = [
  { name: 'vaults:read', label: 'Read vaults', hint: 'Vaults and what is in them, without what makes it secret.' },
  { name: 'vaults:write', label: 'Change vaults', hint: 'Make and change vaults and what is in them.' },
  { name: 'secrets:reveal', label: 'Reveal secrets', hint: 'Passwords, notes and fields in plain text. Each reveal is recorded.' },
  { name: 'audit:read', label: 'Read the audit trail', hint: 'For a SIEM or an archive.' },
  { name: 'people:read', label: 'See people', hint: 'Members, invitations and teams.' },
  { name: 'people:write', label: 'Manage people', hint: 'Change members, invitations and teams.' },
  { name: 'scim', label: 'Provisioning', hint: 'SCIM 2.0 for an identity provider, and nothing else.' },
];

/** When something that lives for so many days ends; never, without days. */
export function endsAfter(days: string, now = new Date()): string | null {
  const count = Number(days);
  if (!days || !Number.isInteger(count) || count <= 0) return null;
  return new Date(now.getTime() + count * 86_400_000).toISOString();
}

/** Domains as people type them: one a line, or with commas, with or without an @. */
export function domains(text: string): string[] {
  const list = text
    .split(/[\s,;]+/)
    .map((each) => each.replace(/^.*@/, '').replace(/\.$/, '').toLowerCase())
    .filter(Boolean);
  return [...new Set(list)];
}

/** The number in a field; nothing when it is empty, and the field's fault when it is no number. */
export function wholeNumber(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  return /^\d{1,6}$/.test(text.trim()) ? Number(text) : undefined;
}
