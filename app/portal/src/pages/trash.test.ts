import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Secret } from '../lib/api/client';
import * as deeds from '../state/vault/deeds';
import { toasts } from '../state/toasts.svelte';
import { vaults } from '../state/vaults.svelte';
import Trash from './Trash.svelte';

const record = (id: string) => ({ id, vaultId: 'v1', type: 'PASSWORD', readable: true, name: `Router ${id}`, updatedAt: '2026-01-01T00:00:00Z', trashedAt: '2026-01-01T00:00:00Z' }) as unknown as Secret;
let kept: Secret[] = [];
let page: ReturnType<typeof mount> | undefined;

beforeEach(async () => {
  kept = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith('/bulk')) {
      const { action, ids } = (await request.json()) as { action: string; ids: string[] };
      kept = action === 'trash' ? [...kept, ...ids.map(record)] : kept.filter(({ id }) => !ids.includes(id));
    }
    const body = pathname.endsWith('/secret-types') ? [] : { items: pathname.endsWith('/vaults') ? [{ id: 'v1', name: 'Operations', role: 'OWNER' }] : kept, nextCursor: null };
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  });
  toasts.clear();
  await vaults.run();
});
afterEach(async () => {
  if (page) await unmount(page);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
const until = (holds: () => boolean) => vi.waitFor(() => (flushSync(), expect(holds()).toBe(true)));
async function open(words: string) {
  const main = document.body.appendChild(document.createElement('main'));
  page = mount(Trash, { target: main, props: { vaultId: 'v1' } });
  await until(() => main.textContent?.includes(words) === true);
}

describe('the trash', () => {
  it('follows what is undone while it is open', async () => {
    await deeds.trash([record('a')], () => undefined);
    await open('Router a');
    toasts.undo();
    await until(() => document.body.textContent?.includes('The trash is empty') === true);
  });

  it('keeps the focus when a row goes', async () => {
    kept = [record('a'), record('b')];
    await open('Router b');
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Restore Router a');
    button?.focus();
    button?.click();
    await until(() => !document.body.textContent?.includes('Router a'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(document.activeElement?.tagName).toBe('H1');
  });
});
