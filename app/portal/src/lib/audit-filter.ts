import type { Filter } from './api/audit';

/** The filters as a form holds them: texts, and days of the reader's own time zone. */
export interface AuditForm {
  q: string;
  /** An account, or a kind of actor such as `system`. */
  actor: string;
  action: string;
  result: string;
  from: string;
  to: string;
  address: string;
}

export const NOTHING: Readonly<AuditForm> = { q: '', actor: '', action: '', result: '', from: '', to: '', address: '' };

/** What is offered as an action: a word ends with a dot where it stands for all that begin with it. */
export const ACTIONS: readonly { readonly value: string; readonly label: string }[] = [
  { value: '', label: 'Everything' },
  { value: 'secret.', label: 'Secrets' },
  { value: 'secret.revealed', label: 'Secrets revealed' },
  { value: 'secret.copied', label: 'Secrets copied' },
  { value: 'secret.code-shown', label: 'One-time codes shown' },
  { value: 'secret.exported', label: 'Secrets exported' },
  { value: 'secret.shared', label: 'Secrets shared' },
  { value: 'link.', label: 'One-time links' },
  { value: 'attachment.', label: 'Attached files' },
  { value: 'vault.', label: 'Vaults' },
  { value: 'session.', label: 'Sessions' },
  { value: 'step-up.', label: 'Fresh proofs' },
  { value: 'account.', label: 'Accounts' },
  { value: 'factor.', label: 'Second factors' },
  { value: 'recovery-codes.', label: 'Recovery codes' },
  { value: 'member.', label: 'Members' },
  { value: 'invitation.', label: 'Invitations' },
  { value: 'team.', label: 'Teams' },
  { value: 'token.', label: 'API tokens' },
  { value: 'organization.', label: 'The organisation' },
  { value: 'sso.', label: 'Single sign-on' },
  { value: 'scim.', label: 'Provisioning' },
  { value: 'audit.', label: 'The trail itself' },
  { value: 'checkpoint.', label: 'Checkpoints' },
  { value: 'data-keys.', label: 'Data keys' },
  { value: 'master-key.', label: 'The master key' },
];

export const RESULTS = [
  { value: '', label: 'Any' },
  { value: 'success', label: 'Done' },
  { value: 'denied', label: 'Refused' },
  { value: 'failed', label: 'Failed' },
] as const;

const KINDS = new Set(['token', 'system', 'platform', 'guest']);

/** The same as the server asks for it. A day ends where the next one begins. */
export function asFilter(form: AuditForm): Filter {
  const given = (text: string) => text.trim() || undefined;
  const kind = KINDS.has(form.actor);
  return {
    q: given(form.q),
    actor: kind ? undefined : given(form.actor),
    actorKind: kind ? (form.actor as Filter['actorKind']) : undefined,
    action: given(form.action),
    result: given(form.result),
    since: startOf(form.from, 0),
    until: startOf(form.to, 1),
    address: given(form.address),
  };
}

function startOf(day: string, later: number): string | undefined {
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return undefined;
  return new Date(year, month - 1, date + later).toISOString();
}

/** How many of the filters beside the search are set. */
export function countOf(form: AuditForm): number {
  return Object.values({ ...form, q: '' }).filter((text) => text.trim() !== '').length;
}
