import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Importing } from './importing.svelte';

/** What was asked, and whether the next look fails. */
const sent: { path: string; mapping: unknown }[] = [];
let fails = false;

beforeEach(() => {
  sent.length = 0;
  fails = false;
  vi.stubGlobal('fetch', async (request: Request) => {
    const body = (await request.json()) as { mapping?: unknown };
    const looking = request.url.endsWith('/preview');
    sent.push({ path: looking ? 'look' : 'store', mapping: body.mapping ?? null });
    const answer = looking ? { rows: [], headings: ['a', 'b'], ready: 1, faulty: 0, duplicates: 0, uncompared: 0 } : { imported: 1, faulty: 0, duplicates: 0 };
    return new Response(JSON.stringify(answer), { status: fails ? 422 : 200, headers: { 'content-type': 'application/json' } });
  });
});
afterEach(() => void vi.unstubAllGlobals());

async function looked(): Promise<Importing> {
  const importing = new Importing('v1');
  importing.format = 'csv';
  importing.text = 'a,b\n1,2';
  await importing.look();
  return importing;
}

describe('an import', () => {
  it('stores what was looked at, as its columns were told', async () => {
    const importing = await looked();
    importing.columns = { a: 'name' };
    await importing.map();
    await importing.store();
    const told = { type: 'PASSWORD', columns: { a: 'name' } };
    expect(sent).toEqual([{ path: 'look', mapping: null }, { path: 'look', mapping: told }, { path: 'store', mapping: told }]);
  });

  it('stores nothing that its columns were told since', async () => {
    const importing = await looked();
    importing.columns = { a: 'name' };
    await importing.map();
    importing.columns = { a: 'password' };
    await importing.store();
    expect(sent.at(-1)).toEqual({ path: 'store', mapping: { type: 'PASSWORD', columns: { a: 'name' } } });
  });

  it('stores nothing that could not be looked at', async () => {
    const importing = await looked();
    importing.columns = { a: 'name' };
    fails = true;
    await importing.map();
    expect(importing.problem?.status).toBe(422);
    fails = false;
    await importing.store();
    expect(sent.at(-1)).toEqual({ path: 'store', mapping: null });
  });
});
