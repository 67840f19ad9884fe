import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Audit from './Audit.svelte';

/** On which day of January, where it is not the first. */
let days: Record<number, number> = {};
const event = (seq: number) => ({
  id: String(seq), seq, at: `2026-01-0${days[seq] ?? 1}T12:00:00Z`, action: 'vault.created', actor: { kind: 'user', id: 'u1', name: 'Ada' }, result: 'success', detail: {},
});
/** The pages of the trail; nothing is found by words. */
let pages: number[][] = [];
let page: ReturnType<typeof mount> | undefined;

beforeEach(() => {
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, searchParams } = new URL(request.url);
    const at = Number(searchParams.get('cursor') ?? 0);
    const found = pathname.endsWith('/audit-events') && !searchParams.get('q');
    const body = found ? { items: pages[at]?.map(event), nextCursor: pages[at + 1] ? String(at + 1) : null } : { items: [], nextCursor: null };
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  });
});
afterEach(async () => {
  if (page) await unmount(page);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
const until = (holds: () => unknown) => vi.waitFor(() => (flushSync(), expect(holds()).toBeTruthy()));
const button = (words: string) => [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === words);
async function open() {
  page = mount(Audit, { target: document.body });
  await until(() => document.querySelector('ol li'));
}
async function seek(words: string) {
  const search = document.querySelector<HTMLInputElement>('input[type=search]');
  if (!search) throw new Error('no search');
  search.value = words;
  search.dispatchEvent(new Event('input', { bubbles: true }));
  await until(() => button('Show everything'));
  return search;
}

describe('the page of the trail', () => {
  it('shows every entry, also where the clock was set back past midnight', async () => {
    pages = [[3, 2, 1]];
    days = { 3: 2, 2: 1, 1: 2 };
    await open();
    expect([...document.querySelectorAll('button[aria-expanded]')].map((each) => each.ariaLabel).filter(Boolean)).toEqual([
      'All of entry 3', 'All of entry 2', 'All of entry 1',
    ]);
    days = {};
  });
});

describe('the page of the trail keeps the focus', () => {
  it.each(['Show everything', 'Clear'])('where “%s” goes with what it clears', async (words) => {
    pages = [[1]];
    await open();
    const search = await seek('crane');
    button(words)?.focus();
    button(words)?.click();
    await until(() => document.querySelector('ol li'));
    expect(document.activeElement).toBe(search);
    expect(search.value).toBe('');
  });

  it('at the last entry, where none is earlier', async () => {
    pages = [[3, 2], [1]];
    await open();
    button('Show earlier entries')?.focus();
    button('Show earlier entries')?.click();
    await until(() => document.querySelectorAll('ol li').length === 3);
    expect(document.activeElement?.ariaLabel).toBe('All of entry 1');
  });
});
