import { describe, expect, it } from 'vitest';
import type { SecretLink, SharedSecret } from '../api/client';
import { endedBy, endOf, given, KEPT, reason, rolesFor, TERMS, termsOf } from './sharing';

describe('sharing', () => {
  it('gives what one has, and two roles in a single record', () => {
    expect(rolesFor(false, 'ADMIN').map(({ value }) => value)).toEqual(['VIEWER', 'EDITOR', 'ADMIN']);
    expect(rolesFor(true, 'OWNER').map(({ value }) => value)).toEqual(['VIEWER', 'EDITOR']);
  });

  it('ends when it is said to', () => {
    const now = new Date('2026-11-29T12:00:00Z');
    expect(endOf('', '', now)).toBeNull();
    expect(endOf('7', '', now)).toBe('2026-12-06T12:00:00.000Z');
    // The whole of that day.
    expect(endOf('day', '2026-12-31', now)).toBe(new Date(2027, 0, 1).toISOString());
    expect(endOf('day', '', now)).toBeNull();
  });

  it('keeps an end that is there unless another one is chosen', () => {
    const end = '2026-12-31T12:00:00Z';
    expect(termsOf(null)).toBe(TERMS);
    expect(termsOf(end)[0]).toEqual({ value: KEPT, label: 'As it is: until 31 Dec 2026' });
    expect(endOf(KEPT, '', new Date(), end)).toBe(end);
    expect(endOf('', '', new Date(), end)).toBeNull();
  });

  it('by a link ends when it is used up or its time is over, and says which', () => {
    const now = Date.parse('2026-11-29T12:00:00Z');
    const link = { uses: 2, remaining: 1, openedAt: '2026-11-29T11:00:00Z', expiresAt: '2026-11-29T12:00:01Z' } as SecretLink;
    expect(endedBy(link, now)).toBeNull();
    expect(endedBy({ ...link, remaining: 0 }, now)).toBe('Used up 1 hour ago');
    expect(endedBy({ ...link, expiresAt: '2026-11-29T11:58:00Z' }, now)).toBe('Its time was over 2 minutes ago');
  });

  it('says what one has of a record on its own', () => {
    expect(given({ role: 'EDITOR', expiresAt: null } as SharedSecret)).toBe('Editor, for good');
    expect(given({ role: 'VIEWER', expiresAt: '2026-12-31T12:00:00Z' } as SharedSecret)).toBe('Viewer, until 31 Dec 2026');
  });

  it('says why somebody sees a record', () => {
    expect(reason({ through: 'vault', team: { id: 't', name: 'Night shift' }, role: 'VIEWER', expiresAt: null })).toBe(
      'through the vault, as Viewer by the team Night shift',
    );
    expect(reason({ through: 'record', team: null, role: 'EDITOR', expiresAt: '2026-12-31T12:00:00Z' })).toBe(
      'shared on its own, as Editor, until 31 Dec 2026',
    );
  });
});
