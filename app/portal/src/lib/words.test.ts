import { describe, expect, it } from 'vitest';
import type { AuditEvent, Secret } from './api/client';
import { TENANT_ACTIONS } from '../testing/actions';
import { actorName, describe as words, factsOf, folio, resultOf, shownDetails, WORDED } from './audit';
import { ACTIONS } from './audit-filter';
import { runs } from './glyphs';
import { may, roleName } from './roles';
import { followable, host, matches } from './search';
import { ago, duration } from './time';

const event: AuditEvent = {
  id: 'e1',
  seq: 42,
  at: '2026-11-23T12:00:00Z',
  action: 'secret.updated',
  monotonic: { server: 's1', micros: 1_500_000 },
  actor: { kind: 'user', id: 'u1', name: 'Ada', factors: ['password', 'totp'], session: null, token: null, stepUp: null },
  result: 'success',
  resource: { type: 'secret', id: '01936b5e-7c1f-7d3a-9b3c-0123456789ab' },
  circumstances: {},
  detail: { vaultId: 'v1', fields: ['name', 'url'], version: 2 } as unknown as AuditEvent['detail'],
};

describe('an entry of the trail', () => {
  it('is put in words, and unknown ones keep theirs', () => {
    expect(words('secret.revealed')).toEqual({ verb: 'revealed a secret', tone: 'open' });
    expect(words('ship.set-sail')).toEqual({ verb: 'ship set sail', tone: 'plain' });
  });

  it('names the vault where it is known', () => {
    const named = shownDetails(event, (id) => (id === 'v1' ? 'Operations' : undefined));
    expect(named).toEqual([
      ['secret', '…456789ab'],
      ['vault', 'Operations'],
      ['fields', 'name, url'],
      ['version', '2'],
    ]);
    expect(shownDetails(event, () => undefined)[1]).toEqual(['vault', 'v1']);
  });

  it('has words for every action that the app records, and for no other', () => {
    expect([...WORDED].sort()).toEqual([...TENANT_ACTIONS].sort());
  });

  it('is found by a filter, whatever it is', () => {
    const kinds = ACTIONS.map(({ value }) => value).filter((value) => value.endsWith('.'));
    expect(TENANT_ACTIONS.filter((action) => !kinds.some((kind) => action.startsWith(kind)))).toEqual([]);
  });

  it('says whom it is about, unless that is who did it', () => {
    const removed = { ...event, action: 'member.removed', resource: { type: 'member', id: 'u2' } };
    const named = shownDetails(removed, (id) => (id === 'u2' ? 'Ben' : undefined));
    expect(named[0]).toEqual(['person', 'Ben']);
    expect(shownDetails({ ...removed, resource: { type: 'user', id: 'u1' } }, () => undefined)[0]?.[0]).toBe('vault');
  });

  it('has an actor, whoever it was', () => {
    expect(actorName(event)).toBe('Ada');
    const by = (more: Partial<AuditEvent['actor']>) => actorName({ ...event, actor: { ...event.actor, ...more } });
    expect(by({ name: null })).toBe('Somebody who has left');
    expect(by({ kind: 'token' })).toBe('A token of Ada');
    expect(by({ kind: 'system', id: null, name: null })).toBe('The system');
    expect(by({ kind: 'platform', id: null, name: null })).toBe('The platform');
    expect(folio(42)).toBe('000042');
  });
});

describe('a shown value', () => {
  it('is split by kinds of characters and loses none', () => {
    const value = 'aB1#é٣漢😀 ';
    expect(runs(value).map((run) => run.text).join('')).toBe(value);
    expect(runs('ab12#')).toEqual([
      { glyph: 'letter', text: 'ab' },
      { glyph: 'digit', text: '12' },
      { glyph: 'mark', text: '#' },
    ]);
    expect(runs('')).toEqual([]);
  });
});

describe('all of an entry', () => {
  it('is there for whoever has to know, and what is not known is left out', () => {
    const facts = new Map(factsOf({ ...event, address: '192.0.2.7', result: 'denied', reason: 'not-allowed' }, () => undefined));
    expect(facts.get('Signed in by')).toBe('password, totp');
    expect(facts.get('How it ended')).toBe('denied: not-allowed');
    expect(facts.get('By the clock of the server')).toBe('1.500000 s after the start of s1');
    expect(facts.get('Detail: version')).toBe('2');
    expect([facts.get('Address'), facts.has('Request'), facts.has('Token')]).toEqual(['192.0.2.7', false, false]);
  });

  it('says when it did not end well', () => {
    expect([resultOf(event), resultOf({ ...event, result: 'denied' })]).toEqual([null, 'Refused']);
  });

  it('does not show in passing what only a verifier reads', () => {
    const detail = { digest: 'ab'.repeat(32), version: 1 } as unknown as AuditEvent['detail'];
    expect(shownDetails({ ...event, detail }, () => undefined).map(([name]) => name)).toEqual(['secret', 'version']);
  });
});

describe('searching', () => {
  const secret = (name: string, username: string, url: string) =>
    ({ name, readable: true, fields: { username, url }, tags: ['edge'], customFields: [{ label: 'Port', value: '22' }] }) as unknown as Secret;
  const list = [secret('Datenbank Köln', 'root', 'https://db.example'), secret('Router', 'Admin', '')];

  it('finds all words, wherever they stand', () => {
    const found = (query: string) => list.filter((each) => matches(each, query));
    expect(found('koln ROOT')).toEqual([list[0]]);
    expect(found('db.example')).toEqual([list[0]]);
    expect(found('admin edge port 22')).toEqual([list[1]]);
    expect(found('root router')).toEqual([]);
    expect(found('  ')).toEqual(list);
  });

  it('follows only addresses that cannot run code', () => {
    expect(followable('https://a.example/x')).toBe('https://a.example/x');
    expect(followable('javascript:alert(1)')).toBeNull();
    expect(followable('data:text/html,x')).toBeNull();
    expect(followable('db01')).toBeNull();
    expect(host('https://a.example:8443/x')).toBe('a.example:8443');
    expect(host('db01')).toBe('db01');
  });
});

describe('roles', () => {
  it('pass the gates of the table', () => {
    const passed = (gate: 'read' | 'write' | 'delete' | 'manage') =>
      (['VIEWER', 'EDITOR', 'ADMIN', 'OWNER'] as const).map((role) => may(role, gate));
    expect(passed('read')).toEqual([true, true, true, true]);
    expect(passed('write')).toEqual([false, true, true, true]);
    expect(passed('delete')).toEqual([false, false, true, true]);
    expect(passed('manage')).toEqual([false, false, false, true]);
    expect(roleName('OWNER')).toBe('Owner');
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it('are told as people tell them', () => {
    expect(ago('2026-11-23T11:59:40Z', now)).toBe('just now');
    expect(ago('2026-11-23T12:00:20Z', now)).toBe('just now');
    expect(ago('2026-11-23T11:58:00Z', now)).toBe('2 minutes ago');
    expect(ago('2026-11-23T09:00:00Z', now)).toBe('3 hours ago');
    expect(ago('2026-11-22T09:00:00Z', now)).toBe('yesterday');
    expect(ago('2026-01-02T09:00:00Z', now)).toBe('2 Jan 2026');
    expect(ago('nonsense', now)).toBe('');
  });

  it('last for their two largest units', () => {
    expect(duration(0)).toBe('0 s');
    expect(duration(61)).toBe('1 min 1 s');
    expect(duration(90_061)).toBe('1 d 1 h');
  });
});
