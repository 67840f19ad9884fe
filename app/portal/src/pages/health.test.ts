import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { problemAnswer } from '../testing/api';
import Health from './Health.svelte';

let page: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (page) await unmount(page);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe('the health of a vault', () => {
  it('shows no list of another age than was asked for', async () => {
    const health = {
      checked: 1, weakCount: 0, reusedCount: 0, oldCount: 1, unreadableCount: 0, leftOut: 0, weak: [], reused: [],
      old: [{ id: 'a', name: 'Border router', type: 'PASSWORD', since: '2020-01-01T00:00:00Z' }],
    };
    const refused = problemAnswer(503, 'unavailable');
    vi.stubGlobal('fetch', async (request: Request) =>
      new URL(request.url).search.includes('365') ? new Response(JSON.stringify(health), { headers: { 'content-type': 'application/json' } }) : refused(),
    );
    page = mount(Health, { target: document.body, props: { vaultId: 'v1' } });
    await vi.waitFor(() => (flushSync(), expect(document.body.textContent).toContain('Border router')));
    const select = document.querySelector('select');
    if (!select) throw new Error('no choice');
    select.value = '90';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await vi.waitFor(() => (flushSync(), expect(document.body.textContent).toContain('unavailable')));
    expect(document.body.textContent).not.toContain('Border router');
    expect(select.isConnected).toBe(true);
  });
});
