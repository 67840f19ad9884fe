import { describe, expect, it } from 'vitest';
import type { Secret, SecretTypeInfo } from '../api/client';
import { asChange, asNew, blank, draftOf, isEmpty, missing } from './draft';

const field = (name: string, concealed = false, required = false, derived = false) => ({
  name, label: name, form: 'line' as const, concealed, required, derived, max: 100,
});
const INFO: SecretTypeInfo = {
  type: 'PASSWORD',
  label: 'Password',
  fields: [field('username'), field('password', true, true), field('notes', true), field('made', false, true, true)],
};
const RECORD: Secret = {
  id: 's1', vaultId: 'v1', type: 'PASSWORD', name: 'Router', fields: { username: 'admin' }, concealed: ['password', 'notes', 'custom:c1'],
  customFields: [{ id: 'c1', label: 'PIN', kind: 'hidden', value: null }, { id: 'c2', label: 'Port', kind: 'text', value: '22' }],
  readable: true, tags: ['edge'], favourite: false, highSensitivity: false, injectOnly: false, version: 3, strength: 2,
  createdAt: '2026-11-23T12:00:00Z', updatedAt: '2026-11-23T12:00:00Z', updatedBy: null, trashedAt: null,
};

describe('a new record', () => {
  it('needs a name, what its type needs, and labels; what is derived is not asked for', () => {
    const draft = blank('PASSWORD');
    draft.customFields.push({ id: null, label: ' ', kind: 'text', value: 'x' });
    expect(Object.keys(missing(draft, INFO, null))).toEqual(['name', 'fields.password', 'customFields']);
  });

  it('leaves out what is empty', () => {
    const draft = { ...blank('PASSWORD', { username: '', password: 'p' }), name: ' A ' };
    expect(asNew(draft)).toMatchObject({ name: 'A', fields: { password: 'p' } });
    expect(asNew(draft).fields).not.toHaveProperty('username');
  });
});

describe('a change', () => {
  it('sends nothing that did not change', () => {
    expect(isEmpty(asChange(draftOf(RECORD), RECORD, {}))).toBe(true);
    const draft = draftOf(RECORD);
    draft.fields['password'] = 'old';
    expect(isEmpty(asChange(draft, RECORD, { password: 'old' }))).toBe(true);
    expect(missing(draftOf(RECORD), INFO, RECORD)).toEqual({});
  });

  it('never touches what is sealed and was not revealed', () => {
    const draft = { ...draftOf(RECORD), name: 'Edge' };
    expect(asChange(draft, RECORD, {})).toEqual({ name: 'Edge' });
    draft.customFields[1]!.value = '2222';
    // The hidden one goes without a value, and so stays.
    expect(asChange(draft, RECORD, {}).customFields).toEqual([
      { id: 'c1', label: 'PIN', kind: 'hidden' },
      { id: 'c2', label: 'Port', kind: 'text', value: '2222' },
    ]);
  });

  it('replaces what is sealed without a reveal, and takes away what was emptied', () => {
    const draft = draftOf(RECORD);
    draft.fields['password'] = 'new';
    draft.fields['notes'] = '';
    draft.fields['username'] = '';
    expect(asChange(draft, RECORD, {}).fields).toEqual({ password: 'new', notes: null, username: null });
  });

  it('does not take away what was never there', () => {
    const draft = draftOf(RECORD);
    draft.fields['url'] = '';
    expect(asChange(draft, RECORD, {})).toEqual({});
  });

  it('leaves the record alone while the form is filled', () => {
    const draft = draftOf(RECORD);
    draft.tags.push('x');
    draft.customFields[0]!.label = 'y';
    draft.fields['username'] = 'z';
    expect([RECORD.tags, RECORD.customFields[0]?.label, RECORD.fields['username']]).toEqual([['edge'], 'PIN', 'admin']);
  });
});
