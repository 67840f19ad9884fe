import { describe, expect, it } from 'vitest';
import { ACTIONS, asFilter, countOf, NOTHING, RESULTS } from './audit-filter';
import { dated } from './download';

describe('the filters of the trail', () => {
  it('ask for nothing that was not set', () => {
    expect(Object.values(asFilter(NOTHING)).every((each) => each === undefined)).toBe(true);
    expect(countOf({ ...NOTHING, q: 'words' })).toBe(0);
  });

  it('tell a person from a kind of actor', () => {
    expect(asFilter({ ...NOTHING, actor: 'system' })).toMatchObject({ actorKind: 'system', actor: undefined });
    expect(asFilter({ ...NOTHING, actor: '01936b5e' })).toMatchObject({ actor: '01936b5e', actorKind: undefined });
  });

  it('hold whole days of the reader', () => {
    const { since, until } = asFilter({ ...NOTHING, from: '2026-11-29', to: '2026-11-30' });
    expect(new Date(since ?? '')).toEqual(new Date(2026, 10, 29));
    expect(new Date(until ?? '')).toEqual(new Date(2026, 11, 1));
    expect(asFilter({ ...NOTHING, from: 'soon' }).since).toBeUndefined();
    expect(countOf({ ...NOTHING, from: '2026-11-29', address: ' ' })).toBe(1);
  });
});

it('a file is named by its day', () => {
  expect(dated('audit', 'csv', new Date('2026-11-29T12:00:00Z'))).toBe('audit-2026-11-29.csv');
});

it('no choice is offered twice', () => {
  for (const list of [ACTIONS, RESULTS]) {
    const values = list.map(({ value }) => value);
    expect(new Set(values).size).toBe(values.length);
  }
});
