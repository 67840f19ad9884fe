import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Secret } from '../../lib/api/client';
import { toasts } from '../toasts.svelte';
import { vaults } from '../vaults.svelte';
import * as deeds from './deeds';

const record = (id: string, vaultId = 'v1') => ({ id, vaultId, name: `Router ${id}`, concealed: ['password'], tags: [] as string[], readable: true, type: 'PASSWORD', favourite: false }) as unknown as Secret;
const sent: { path: string; body: Record<string, unknown> }[] = [];
let refuse = '';
/** What somebody may do in the vault v9. */
let role = 'ADMIN';

beforeEach(() => {
  sent.length = 0;
  refuse = '';
  toasts.clear();
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/api/v1/vaults') {
      const items = [{ id: 'v9', name: 'Archive', role }];
      return new Response(JSON.stringify({ items }), { headers: { 'content-type': 'application/json' } });
    }
    const text = await request.text();
    const path = `${request.method} ${pathname.replace('/api/v1', '')}`;
    sent.push({ path, body: text ? JSON.parse(text) : {} });
    const status = refuse && path.includes(refuse) ? 403 : 200;
    return new Response('{"title":"Not allowed","detail":"Ask an owner."}', { status, headers: { 'content-type': 'application/json' } });
  });
});
afterEach(() => void vi.unstubAllGlobals());
const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('what is done with records', () => {
  it('is done vault by vault, and undone the same way', async () => {
    const changed = vi.fn();
    const end = deeds.watch(changed);
    expect(await deeds.trash([record('a'), record('b', 'v2'), record('c')], vi.fn())).toBe(true);
    expect(sent.map(({ path, body }) => [path, body['action'], body['ids']])).toEqual([
      ['POST /vaults/v1/secrets/bulk', 'trash', ['a', 'c']],
      ['POST /vaults/v2/secrets/bulk', 'trash', ['b']],
    ]);
    expect(toasts.list[0]?.text).toBe('3 secrets are in the trash');
    sent.length = 0;
    expect(toasts.undo()).toBe(true);
    await settle();
    expect(sent.map(({ body }) => body['action'])).toEqual(['restore', 'restore']);
    expect(changed).toHaveBeenCalledOnce();
    end();
    expect(toasts.undo()).toBe(false);
  });

  it('moves back to where each came from', async () => {
    await vaults.run();
    await deeds.move([record('a'), record('b', 'v2'), record('z', 'v9')], 'v9', vi.fn());
    expect(sent.map(({ path, body }) => [path, body['to']])).toEqual([
      ['POST /vaults/v1/secrets/bulk', 'v9'],
      ['POST /vaults/v2/secrets/bulk', 'v9'],
    ]);
    sent.length = 0;
    toasts.undo();
    await settle();
    expect(sent.map(({ path, body }) => [path, body['to'], body['ids']])).toEqual([
      ['POST /vaults/v9/secrets/bulk', 'v1', ['a']],
      ['POST /vaults/v9/secrets/bulk', 'v2', ['b']],
    ]);
  });

  it('tells what was moved, there and back, as far as it went', async () => {
    await vaults.run();
    const moved = vi.fn();
    const told = () => moved.mock.calls.map(([records, to]) => [(records as Secret[]).map(({ id }) => id).join(''), to]);
    await deeds.move([record('a'), record('b', 'v2'), record('c')], 'v9', vi.fn(), moved);
    expect(told()).toEqual([['ac', 'v9'], ['b', 'v9']]);
    toasts.undo();
    await settle();
    expect(told().slice(2)).toEqual([['ac', 'v1'], ['b', 'v2']]);
    moved.mockClear();
    refuse = '/v2/';
    await deeds.move([record('a'), record('b', 'v2')], 'v9', vi.fn(), moved);
    expect(told()).toEqual([['a', 'v9']]);
  });

  it('offers no way back out of a vault that one may only write to', async () => {
    role = 'EDITOR';
    await vaults.run();
    await deeds.move([record('a')], 'v9', vi.fn());
    expect(toasts.list[0]?.text).toBe('Router a moved to Archive');
    expect(toasts.undo()).toBe(false);
    role = 'ADMIN';
  });

  it('takes a tag back only from what did not have it before', async () => {
    const had = { ...record('a'), tags: ['night'] };
    await deeds.tag([had, record('b')], 'night', vi.fn());
    expect(sent.map(({ body }) => [body['action'], body['ids']])).toEqual([['tag', ['a', 'b']]]);
    sent.length = 0;
    toasts.undo();
    await settle();
    expect(sent.map(({ body }) => [body['action'], body['ids']])).toEqual([['untag', ['b']]]);
  });

  it('goes in requests of a bounded size', async () => {
    await deeds.trash(Array.from({ length: 1001 }, (_, at) => record(String(at))), vi.fn());
    expect(sent.map(({ body }) => (body['ids'] as string[]).length)).toEqual([500, 500, 1]);
  });

  it('says what was refused, and offers no way back from it', async () => {
    refuse = 'v1';
    const changed = vi.fn();
    expect(await deeds.trash([record('a')], changed)).toBe(false);
    expect(toasts.list.map(({ text, tone }) => [text, tone])).toEqual([['Not allowed. Ask an owner.', 'failed']]);
    expect(changed).toHaveBeenCalledOnce();
  });

  it('turns a star at once, and back when it is refused', async () => {
    refuse = 'favourite';
    const put = vi.fn();
    await deeds.star(record('a'), put);
    expect(put.mock.calls.map(([each]) => (each as Secret).favourite)).toEqual([true, false]);
  });
});
