import { describe, expect, it } from 'vitest';

import type { AuditEvent } from './api/client';
import { byDay, factsOf, shownDetails } from './audit';

const entry = (over: Partial<AuditEvent>): AuditEvent => ({
  id: 'e1',
  seq: 7,
  at: '2026-01-01T00:00:00Z',
  monotonic: { server: 's1', micros: 1_500_000 },
  actor: { kind: 'user', id: 'u1', name: 'Ada', session: 'x1', token: null, factors: ['password'], stepUp: null },
  action: 'secret.revealed',
  resource: { type: 'secret', id: 'r1', name: 'mill' },
  result: 'success',
  reason: null,
  address: '192.0.2.1',
  request: 'q1',
  detail: { vaultId: 'v1', version: 2, field: 'password', digest: 'ab' },
  circumstances: {},
  ...over,
});
const nameOf = (id: string) => (id === 'v1' ? 'Engines' : undefined);

describe('an entry of the trail', () => {
  it('says of a reveal which field of which secret it was', () => {
    expect(shownDetails(entry({}), nameOf)).toEqual([
      ['secret', 'mill'],
      ['vault', 'Engines'],
      ['version', '2'],
      ['field', 'password'],
    ]);
  });

  it('names a vault once, and by the name that it had then', () => {
    const resource = { type: 'vault', id: 'v9', name: 'Old name' };
    const exported = entry({ action: 'vault.exported', resource, detail: { records: 2 } });
    expect(shownDetails(exported, nameOf)).toEqual([
      ['vault', 'Old name'],
      ['records', '2'],
    ]);
    const created = entry({ action: 'vault.created', resource, detail: { name: 'Old name' } });
    expect(shownDetails(created, nameOf)).toEqual([['vault', 'Old name']]);
  });

  it('says types and roles in words, and leaves what somebody chose as it is', () => {
    const detail = { type: 'SSH_KEY', role: 'VIEWER', field: 'PIN_CODE' };
    expect(shownDetails(entry({ detail }), nameOf).slice(1)).toEqual([
      ['type', 'SSH key'],
      ['role', 'viewer'],
      ['field', 'PIN_CODE'],
    ]);
  });

  it('says who it was, of which kind', () => {
    expect(factsOf(entry({}), nameOf)).toContainEqual(['Who', 'user · Ada · u1']);
  });
});

describe('the days of a trail', () => {
  it('hold what follows one another, each under a key of its own', () => {
    const at = (time: string, id: string) => ({ id, at: time }) as AuditEvent;
    const days = byDay([at('2026-03-03T12:00:00Z', 'd'), at('2026-03-02T12:00:00Z', 'c'), at('2026-03-03T11:00:00Z', 'b'), at('2026-03-03T10:00:00Z', 'a')]);
    expect(days.map(({ list }) => list.map(({ id }) => id).join(''))).toEqual(['d', 'c', 'ba']);
    expect(new Set(days.map(({ key }) => key)).size).toBe(3);
    expect(days[0]?.day).toBe(days[2]?.day);
  });
});
