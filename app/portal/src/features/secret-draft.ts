import type { CustomField, NewSecret, Revealed, SecretChange, SecretSummary } from '../lib/api/client';

/** A secret as the form holds it. */
export interface Draft {
  name: string;
  username: string;
  url: string;
  password: string;
  notes: string;
  customFields: CustomField[];
}

/** A form to begin with: empty, or what a list knows of a secret. */
export function draftOf(secret: SecretSummary | null): Draft {
  return {
    name: secret?.name ?? '',
    username: secret?.username ?? '',
    url: secret?.url ?? '',
    password: '',
    notes: '',
    customFields: [],
  };
}

/** Lays what a reveal brought into the form. */
export function withRevealed(draft: Draft, revealed: Revealed): Draft {
  const { password, notes, customFields } = revealed;
  return { ...draft, password, notes, customFields: customFields.map((field) => ({ ...field })) };
}

/** What is missing before the server need be asked. */
export function missing(draft: Draft, isNew: boolean): Record<string, string> {
  const fields: Record<string, string> = {};
  if (!draft.name.trim()) fields['name'] = 'Give it a name.';
  if (isNew && !draft.password) fields['password'] = 'Enter a password, or generate one.';
  if (draft.customFields.some((field) => !field.label.trim())) {
    fields['customFields'] = 'Every field needs a label.';
  }
  return fields;
}

const asField = ({ id, label, value, hidden }: CustomField) => ({
  ...(id ? { id } : {}),
  label,
  value,
  kind: hidden ? ('hidden' as const) : ('text' as const),
});

/** The request that stores a new secret. */
export function asNew({ name, username, url, password, notes, customFields }: Draft): NewSecret {
  return {
    type: 'PASSWORD',
    name,
    fields: { username, url, password, notes },
    customFields: customFields.map(asField),
  };
}

/**
 * The request that changes a secret: only what differs, and of the hidden part only what was
 * revealed to the form or entered anew, so that nothing unseen is overwritten.
 */
export function asChange(draft: Draft, secret: SecretSummary, revealed: Revealed | null): SecretChange {
  const change: SecretChange = {};
  const fields: Record<string, string | null> = {};
  if (draft.name !== secret.name) change.name = draft.name;
  for (const key of ['username', 'url'] as const) {
    if (draft[key] !== secret[key]) fields[key] = draft[key] || null;
  }
  if (revealed ? draft.password !== revealed.password : draft.password !== '') {
    fields['password'] = draft.password;
  }
  if (revealed && draft.notes !== revealed.notes) fields['notes'] = draft.notes || null;
  if (Object.keys(fields).length > 0) change.fields = fields;
  if (revealed && JSON.stringify(draft.customFields) !== JSON.stringify(revealed.customFields)) {
    change.customFields = draft.customFields.map(asField);
  }
  return change;
}

/** Whether a change changes anything. */
export function isEmpty(change: SecretChange): boolean {
  return Object.keys(change).length === 0;
}
