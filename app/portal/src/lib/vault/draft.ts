import type { CustomFieldKind, NewSecret, Secret, SecretChange, SecretType, SecretTypeInfo } from '../api/client';
import { asked } from './types';

/** A custom field as the form holds it; one whose value is sealed has none until it is revealed or replaced. */
export interface CustomDraft {
  readonly id: string | null;
  label: string;
  kind: CustomFieldKind;
  value: string | null;
}

/** A record as the form holds it. */
export interface Draft {
  readonly type: SecretType;
  name: string;
  /** By field. A concealed field that is sealed is absent: it stays as it is. */
  fields: Record<string, string>;
  customFields: CustomDraft[];
  tags: string[];
  highSensitivity: boolean;
  injectOnly: boolean;
}

/** A form to begin with. */
export function blank(type: SecretType, fields: Record<string, string> = {}): Draft {
  return { type, name: '', fields: { ...fields }, customFields: [], tags: [], highSensitivity: false, injectOnly: false };
}

/** A form about a record, as far as it is open. */
export function draftOf(record: Secret): Draft {
  return {
    type: record.type,
    name: record.name,
    fields: { ...record.fields },
    customFields: record.customFields.map(({ id, label, kind, value }) => ({ id, label, kind, value: value ?? null })),
    tags: [...record.tags],
    highSensitivity: record.highSensitivity,
    injectOnly: record.injectOnly,
  };
}

/** What is missing before the server need be asked. Keys are as the server names fields. */
export function missing(draft: Draft, info: SecretTypeInfo, record: Secret | null): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (!draft.name.trim()) wrong['name'] = 'Give it a name.';
  for (const field of asked(info)) {
    const text = draft.fields[field.name];
    const kept = field.concealed && text === undefined && record?.concealed.includes(field.name);
    if (field.required && !kept && !text?.trim()) wrong[`fields.${field.name}`] = `${field.label} is needed.`;
  }
  if (draft.customFields.some((field) => !field.label.trim())) wrong['customFields'] = 'Every field needs a label.';
  return wrong;
}

/** The request that stores a new record. Empty fields are left out. */
export function asNew(draft: Draft): NewSecret {
  const filled = Object.entries(draft.fields).filter(([, text]) => text !== '');
  return {
    type: draft.type,
    name: draft.name.trim(),
    fields: Object.fromEntries(filled),
    customFields: customs(draft),
    tags: draft.tags,
    highSensitivity: draft.highSensitivity,
    injectOnly: draft.injectOnly,
  };
}

function customs(draft: Draft): NonNullable<SecretChange['customFields']> {
  return draft.customFields.map(({ id, label, kind, value }) => ({
    ...(id === null ? {} : { id }),
    label: label.trim(),
    kind,
    // Without a value, what is sealed stays.
    ...(value === null ? {} : { value }),
  }));
}

/**
 * The request that changes a record: only what differs, and of the concealed part only what was revealed
 * to the form or typed anew, so that nothing unseen is overwritten.
 */
export function asChange(draft: Draft, record: Secret, revealed: Readonly<Record<string, string>>): SecretChange {
  const change: SecretChange = {};
  if (draft.name.trim() !== record.name) change.name = draft.name.trim();
  const fields = changedFields(draft, record, revealed);
  if (Object.keys(fields).length > 0) change.fields = fields;
  if (!same(draft.customFields, draftOf(record).customFields)) change.customFields = customs(draft);
  if (!same(draft.tags, record.tags)) change.tags = draft.tags;
  if (draft.highSensitivity !== record.highSensitivity) change.highSensitivity = draft.highSensitivity;
  if (draft.injectOnly !== record.injectOnly) change.injectOnly = draft.injectOnly;
  return change;
}

function changedFields(draft: Draft, record: Secret, revealed: Readonly<Record<string, string>>) {
  const fields: Record<string, string | null> = {};
  for (const [name, text] of Object.entries(draft.fields)) {
    const before = record.fields[name] ?? revealed[name];
    if (text === before) continue;
    if (text !== '') fields[name] = text;
    // What was there goes; what never was need not be said.
    else if (before !== undefined || record.concealed.includes(name)) fields[name] = null;
  }
  return fields;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Whether a change changes anything. */
export function isEmpty(change: SecretChange): boolean {
  return Object.keys(change).length === 0;
}
