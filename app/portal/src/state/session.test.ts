import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemAnswer, stubApi } from '../testing/api';
import { Session } from './session.svelte';
import * as account from '../lib/api/account';
import * as calls from '../lib/api/calls';

const ME = {
  user: { id: 'u1', name: 'Ada', email: 'ada@acme.example' },
  organization: { id: 'o1', name: 'Acme' },
  organizations: [{ id: 'o1', name: 'Acme', role: 'owner' }],
  role: 'owner',
  secondFactor: { enrolled: false, requiredFrom: null, mustEnrol: false },
};
const SIGNED_IN = { kind: 'signed-in', me: ME };
const META = { product: 'VaultTerm', version: '0.1.0', keys: 'vendor', setupRequired: true };
const NOT_SIGNED_IN = problemAnswer(401, 'not-signed-in');

let session: Session;
beforeEach(() => (session = new Session()));
afterEach(() => vi.unstubAllGlobals());

describe('the session', () => {
  it('is in when the server knows us', async () => {
    stubApi({ '/api/v1/meta': META, '/api/v1/me': ME });
    await session.start();
    expect(session.standing).toEqual({ kind: 'signed-in', me: ME });
    expect(session.meta).toEqual(META);
    expect(session.mayAudit).toBe(true);
  });

  it('is out when it does not', async () => {
    stubApi({ '/api/v1/meta': META, '/api/v1/me': NOT_SIGNED_IN });
    await session.start();
    expect(session.standing).toEqual({ kind: 'signed-out', expired: false });
  });

  it('is away when nothing answers, which is not the same as out', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
    await session.start();
    expect(session.standing).toMatchObject({ kind: 'away', problem: { code: 'network' } });
    stubApi({ '/api/v1/meta': META, '/api/v1/me': problemAnswer(503, 'unavailable', { 'retry-after': '5' }) });
    await session.start();
    expect(session.standing).toMatchObject({ kind: 'away', problem: { retryAfterSec: 5 } });
  });

  it('ends when any call finds it ended', async () => {
    stubApi({ '/api/v1/meta': META, '/api/v1/me': ME, '/api/v1/vaults': NOT_SIGNED_IN });
    await session.start();
    await calls.listVaults();
    expect(session.standing).toEqual({ kind: 'signed-out', expired: true });
  });

  it('does not begin with a wrong password', async () => {
    stubApi({ '/api/v1/auth/sign-in': problemAnswer(401, 'invalid-credentials') });
    expect(await session.signIn('a@b', 'x')).toMatchObject({ code: 'invalid-credentials' });
    expect(session.me).toBeNull();
  });

  it('begins with the second factor where there is one', async () => {
    const step = { kind: 'second-factor', ticket: 't', methods: ['totp'], expiresAt: '2026-11-25T09:00:00Z' };
    stubApi({ '/api/v1/auth/sign-in': step });
    expect(await session.signIn('a@b', 'x')).toBeNull();
    expect(session.me).toBeNull();
    expect(session.step).toEqual(step);
    stubApi({ '/api/v1/auth/second-factor': SIGNED_IN });
    session.arrive(await account.secondFactor('t', { totp: '123456' }));
    expect(session.me).toEqual(ME);
    expect(session.step).toBeNull();
  });

  it('begins at once where there is none', async () => {
    stubApi({ '/api/v1/auth/sign-in': SIGNED_IN });
    expect(await session.signIn('a@b', 'x')).toBeNull();
    expect(session.me).toEqual(ME);
  });

  it('learns from any call that a second factor is due', async () => {
    const due = { ...ME, secondFactor: { enrolled: false, requiredFrom: null, mustEnrol: true } };
    stubApi({ '/api/v1/meta': META, '/api/v1/me': ME });
    await session.start();
    expect(session.mustEnrol).toBe(false);
    stubApi({ '/api/v1/vaults': problemAnswer(403, 'second-factor-required'), '/api/v1/me': due });
    await calls.listVaults();
    await vi.waitFor(() => expect(session.mustEnrol).toBe(true));
  });

  it('goes on in another organisation', async () => {
    const other = { ...ME, organization: { id: 'o2', name: 'Beta' }, role: 'member' };
    stubApi({ '/api/v1/meta': META, '/api/v1/me': ME, '/api/v1/auth/switch-organization': other });
    await session.start();
    expect(await session.switchTo('o2')).toBeNull();
    expect(session.me?.organization.name).toBe('Beta');
    expect(session.mayAudit).toBe(false);
  });

  it('is set up once', async () => {
    stubApi({ '/api/v1/meta': META, '/api/v1/me': NOT_SIGNED_IN, '/api/v1/setup': ME });
    await session.start();
    await session.setUp({ token: 't', organizationName: 'Acme', name: 'Ada', email: 'a@b', password: 'x' });
    expect(session.me).toEqual(ME);
    expect(session.meta?.setupRequired).toBe(false);
  });

  it('says when the server could not be told that we leave', async () => {
    stubApi({ '/api/v1/meta': META, '/api/v1/me': ME, '/api/v1/auth/sign-out': problemAnswer(503, 'unavailable') });
    await session.start();
    expect(await session.signOut()).toMatchObject({ code: 'unavailable' });
    expect(session.me).not.toBeNull();
    stubApi({ '/api/v1/auth/sign-out': NOT_SIGNED_IN });
    expect(await session.signOut()).toBeNull();
    expect(session.me).toBeNull();
  });
});

describe('a list of several pages', () => {
  it('is read to its end, and fails as a whole', async () => {
    const pages: Record<string, unknown> = { '': { items: [1], nextCursor: 'a' }, a: { items: [2], nextCursor: null } };
    const read = (cursor = '') => Promise.resolve({ ok: true as const, value: pages[cursor] as { items: number[] } });
    expect(await calls.all(read)).toEqual({ ok: true, value: [1, 2] });
    stubApi({ '/api/v1/vaults': problemAnswer(503, 'unavailable') });
    expect(await calls.all(calls.listVaults)).toMatchObject({ ok: false });
  });
});
