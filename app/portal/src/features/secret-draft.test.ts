import { describe, expect, it } from 'vitest';
import type { Revealed, SecretSummary } from '../lib/api/client';
import { asChange, asNew, draftOf, isEmpty, missing, withRevealed } from './secret-draft';

const secret: SecretSummary = {
  id: 's1',
  vaultId: 'v1',
  type: 'PASSWORD',
  name: 'Router',
  fields: { username: 'admin' },
  concealed: ['password', 'notes'],
  customFields: [],
  tags: [],
  favourite: false,
  highSensitivity: false,
  injectOnly: false,
  strength: 1,
  trashedAt: null,
  username: 'admin',
  url: '',
  version: 3,
  createdAt: '2026-11-23T12:00:00Z',
  updatedAt: '2026-11-23T12:00:00Z',
  updatedBy: null,
};
const revealed: Revealed = {
  password: 'old',
  notes: 'here',
  customFields: [{ label: 'PIN', value: '1', hidden: true }],
};

describe('a new secret', () => {
  it('needs a name, a password and labels', () => {
    const draft = { ...draftOf(null), customFields: [{ label: ' ', value: 'x', hidden: true }] };
    expect(Object.keys(missing(draft, true))).toEqual(['name', 'password', 'customFields']);
    expect(missing({ ...draftOf(null), name: 'a', password: 'b' }, true)).toEqual({});
    expect(asNew(draftOf(null)).type).toBe('PASSWORD');
  });
});

describe('a change', () => {
  it('sends nothing that did not change', () => {
    expect(asChange(draftOf(secret), secret, null)).toEqual({});
    expect(isEmpty(asChange(withRevealed(draftOf(secret), revealed), secret, revealed))).toBe(true);
  });

  it('never overwrites what was not revealed', () => {
    const draft = { ...draftOf(secret), name: 'Edge', notes: 'typed', password: '' };
    expect(asChange(draft, secret, null)).toEqual({ name: 'Edge' });
  });

  it('takes a new password without a reveal, and an empty one only after it', () => {
    expect(asChange({ ...draftOf(secret), password: 'new' }, secret, null).fields).toEqual({ password: 'new' });
    const emptied = { ...withRevealed(draftOf(secret), revealed), password: '', notes: '', customFields: [] };
    expect(asChange(emptied, secret, revealed)).toEqual({
      fields: { password: '', notes: null },
      customFields: [],
    });
  });

  it('leaves what was revealed as it was', () => {
    const draft = withRevealed(draftOf(secret), revealed);
    draft.customFields[0]!.value = '2';
    expect(revealed.customFields[0]?.value).toBe('1');
  });
});
