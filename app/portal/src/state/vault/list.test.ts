import { describe, expect, it, vi } from 'vitest';
import type { Secret } from '../../lib/api/client';
import { inTurn, says } from '../../testing/api';
import { Browser } from './browser.svelte';
import { RecordList } from './list.svelte';

const record = (id: string, more: Partial<Secret> = {}): Secret => ({
  id, vaultId: 'v1', type: 'PASSWORD', readable: true, name: `Router ${id}`, fields: {}, concealed: [], customFields: [], tags: [], favourite: false,
  highSensitivity: false, injectOnly: false, version: 1, strength: null, createdAt: '', updatedAt: '', updatedBy: null, trashedAt: null, ...more,
});
const page = (ids: string[], nextCursor: string | null = null) => says({ items: ids.map((id) => record(id)), nextCursor });

const { give, asked } = inTurn();
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const ids = (list: RecordList) => list.items.map(({ id }) => id).join('');

describe('a list of records', () => {
  it('is fetched page after page, and what comes twice is there once', async () => {
    give(page(['a', 'b'], '2'), page(['b', 'c']));
    const list = new RecordList();
    list.ask({ vaultId: 'v1' });
    await settle();
    expect([ids(list), list.complete]).toEqual(['ab', false]);
    list.more();
    list.more();
    await settle();
    expect([ids(list), list.complete]).toEqual(['abc', true]);
    list.more();
    expect(asked.map(({ searchParams }) => searchParams.get('cursor'))).toEqual([null, '2']);
  });

  it('never shows an old answer to a new question', async () => {
    let late: (answer: Response) => void = () => undefined;
    give(() => new Promise((resolve) => (late = resolve)), page(['new']));
    const list = new RecordList();
    list.ask({ q: 'o' });
    list.ask({ q: 'other' });
    await settle();
    late(page(['old'])());
    await settle();
    expect(ids(list)).toBe('new');
  });

  it('is narrowed at once by what is known, while the server is asked', async () => {
    give(says({ items: [record('a', { name: 'Crane' }), record('b')], nextCursor: null }), page(['b']));
    const list = new RecordList();
    list.ask({});
    await settle();
    list.ask({ q: 'router', sort: 'best' });
    expect(ids(list)).toBe('b');
    await settle();
  });

  it('does not say that nothing is there before the server did, and asks for no page of what it left', async () => {
    give(page(['a', 'b'], '2'), page([]));
    const list = new RecordList();
    list.ask({ sort: 'name' });
    await settle();
    list.ask({ q: 'crane', sort: 'best' }, { pause: true });
    list.more();
    expect([ids(list), list.stale, asked.length]).toEqual(['ab', true, 1]);
    await list.run();
    expect([ids(list), list.stale]).toEqual(['', false]);
  });

  it('has a new record where the order wants it, and first where that is not known', async () => {
    give(page(['a', 'c']), page(['a', 'c'], '2'));
    const list = new RecordList();
    list.ask({ sort: 'name', order: 'asc' });
    await settle();
    list.put(record('b'));
    expect(ids(list)).toBe('abc');
    await list.run();
    list.put(record('b'));
    expect(ids(list)).toBe('bac');
  });

  it('knows at once which vault something was moved to', async () => {
    give(page(['a', 'b']));
    const list = new RecordList();
    list.ask({});
    await settle();
    list.move([record('b'), record('z')], 'v2');
    expect(list.items.map(({ id, vaultId }) => id + vaultId)).toEqual(['av1', 'bv2']);
  });

  it('asks once for somebody who types fast', async () => {
    vi.useFakeTimers();
    give(page(['x']));
    const list = new RecordList();
    for (const q of ['r', 'ro', 'rou']) list.ask({ q }, { pause: true });
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.map(({ searchParams }) => searchParams.get('q'))).toEqual(['rou']);
  });

  it('stops asking for more when that failed, until somebody tries again', async () => {
    give(page(['a'], '2'), () => Promise.reject(new Error('away')), page(['a', 'b']));
    const list = new RecordList();
    list.ask({});
    await settle();
    list.more();
    await settle();
    expect([ids(list), list.problem?.code]).toEqual(['a', 'network']);
    list.more();
    expect(asked).toHaveLength(2);
    await list.run();
    expect([ids(list), list.problem]).toEqual(['ab', null]);
  });
});

describe('somebody who goes through a list', () => {
  const browser = () => {
    const made = new Browser('v1');
    made.list.items = ['a', 'b', 'c', 'd', 'e'].map((id) => record(id));
    return made;
  };

  it('stays within it', () => {
    const made = browser();
    made.step(-1);
    expect(made.active).toBe(0);
    made.step(99);
    expect(made.active).toBe(4);
    made.list.items = [];
    made.step(1);
    expect(made.active).toBe(0);
  });

  it('ticks rows, and ranges of them', () => {
    const made = browser();
    made.pick(1, false);
    made.pick(3, true);
    expect([...made.selection]).toEqual(['b', 'c', 'd']);
    made.pick(2, false);
    expect(made.selected.map(({ id }) => id)).toEqual(['b', 'd']);
    made.pickAll();
    expect(made.selection.size).toBe(5);
    made.drop(made.list.items.slice(3));
    expect([ids(made.list), made.selection.size]).toEqual(['abc', 3]);
  });

  it('asks the server for what it is narrowed to', () => {
    const made = browser();
    expect(made.narrowed).toBe(false);
    made.text = ' crane ';
    made.type = 'TOTP';
    made.favourite = true;
    expect(made.query).toMatchObject({ vaultId: 'v1', q: 'crane', type: 'TOTP', favourite: true });
    made.widen();
    expect([made.narrowed, made.query.q, made.query.favourite]).toEqual([false, undefined, undefined]);
  });
});

describe('the row that keys work on', () => {
  it('is one of the list, also when that comes back shorter', async () => {
    give(page(['a', 'b', 'c']), page(['a', 'b']));
    const browser = new Browser();
    browser.list.ask({});
    await settle();
    browser.active = 2;
    await browser.list.run();
    expect([browser.active, browser.at(browser.active)?.id]).toEqual([1, 'b']);
    browser.step(-5);
    expect(browser.active).toBe(0);
    browser.drop([record('a'), record('b')]);
    expect(browser.active).toBe(0);
  });
});
