import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shared } from './shared.svelte';

/** Answers the next call. */
let answer: (ids: string[]) => void = () => undefined;
beforeEach(() => {
  vi.stubGlobal('fetch', () =>
    new Promise((resolve) => {
      answer = (ids) => {
        const items = ids.map((id) => ({ role: 'VIEWER', secret: { id, name: id, tags: [], fields: {} } }));
        resolve(new Response(JSON.stringify({ items, nextCursor: null }), { headers: { 'content-type': 'application/json' } }));
      };
    }),
  );
});
afterEach(() => void vi.unstubAllGlobals());

describe('what somebody has on their own', () => {
  it('is known once it was asked for', async () => {
    const shared = new Shared();
    const asked = shared.search({});
    answer(['a']);
    await asked;
    expect([shared.of('a')?.role, shared.of('b')]).toEqual(['VIEWER', null]);
  });

  it('is not taken for what they have elsewhere, however late it comes', async () => {
    const shared = new Shared();
    const asked = shared.search({});
    shared.forget();
    answer(['a']);
    await asked;
    expect(shared.of('a')).toBeNull();
  });
});
