import { describe, expect, it } from 'vitest';
import type { Organization } from './api';
import { counted, membershipOf } from './organizations';
import { PLATFORM_ACTIONS } from '../testing/actions';
import { backupOf, told, WORDED } from './standing';

const organization = { members: 1, pending: 0, former: 0, secrets: 12 } as Organization;

describe('an organisation', () => {
  it('is put in figures, and what is not there is not said', () => {
    expect(counted(organization)).toBe('1 member · 12 secrets');
    expect(counted({ ...organization, members: 3, pending: 2, former: 1, secrets: 1 })).toBe(
      '3 members · 2 on the way in · 1 former · 1 secret',
    );
    expect(membershipOf('confirmed').word).toBe('');
    expect(membershipOf('strange').word).toBe('strange');
  });
});

describe('a backup', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  it('is good for two days, and none is said', () => {
    expect(backupOf(null, now).tone).toBe('warn');
    expect(backupOf({ at: '2026-11-28T09:00:00Z', bytes: 1 }, now).tone).toBe('good');
    expect(backupOf({ at: '2026-11-25T09:00:00Z', bytes: null }, now).tone).toBe('warn');
  });
});

describe('the platform’s trail', () => {
  const event = (action: string, detail: Record<string, unknown>) => ({ seq: 1, at: '2026-11-28T12:00:00Z', action, detail });
  it('says who did what to whom', () => {
    const by = { email: 'grace@example.com', address: '127.0.0.1' };
    expect(told(event('organization.suspended', { name: 'Engines', by, reason: 'unpaid' }))).toEqual({
      title: 'An organisation was suspended',
      more: 'Engines · unpaid · by grace@example.com',
      tone: 'warn',
    });
    expect(told(event('admin.link-made', { email: 'alan@example.com', by: 'host' })).more).toBe('alan@example.com · on the host');
    expect(told(event('something.new', {})).title).toBe('something new');
  });

  it('has words for every action that the app records, and for no other', () => {
    expect([...WORDED].sort()).toEqual([...PLATFORM_ACTIONS].sort());
  });
});
