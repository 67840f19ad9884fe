import { describe, expect, it } from 'vitest';
import type { SecretVersion } from '../api/client';
import { differences } from './versions';

const version = (more: Partial<SecretVersion>): SecretVersion => ({
  version: 1, madeAt: '', madeBy: null, changed: [], readable: true, name: 'Router', fields: {}, concealed: [], customFields: [], tags: [],
  highSensitivity: false, revealable: true, ...more,
});

describe('a version', () => {
  const before = version({ fields: { username: 'root' }, customFields: [{ id: 'c', label: 'PIN', kind: 'hidden', value: null }, { id: 'd', label: 'Port', kind: 'text', value: '22' }] });
  const after = version({
    version: 2, name: 'Edge router', tags: ['edge'], fields: { username: 'admin' },
    changed: ['name', 'username', 'password', 'tags', 'custom:c', 'custom:d'],
    customFields: [{ id: 'c', label: 'PIN', kind: 'hidden', value: null }],
  });

  it('says what changed, with both texts where they are open', () => {
    expect(differences(after, before, undefined)).toEqual([
      { label: 'Name', texts: { before: 'Router', after: 'Edge router' } },
      { label: 'username', texts: { before: 'root', after: 'admin' } },
      { label: 'password', texts: null },
      { label: 'Tags', texts: { before: '', after: 'edge' } },
      { label: 'PIN', texts: null },
      { label: 'Port', texts: { before: '22', after: '' } },
    ]);
  });

  it('is the first where there is none before', () => {
    expect(differences(after, undefined, undefined).every(({ texts }) => texts === null)).toBe(true);
  });
});
