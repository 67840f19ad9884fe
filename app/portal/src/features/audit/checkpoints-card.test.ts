import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it, vi } from 'vitest';
import CheckpointsCard from './CheckpointsCard.svelte';

const checkpoint = (number: number) => ({ id: `c${number}`, number, first: number * 10, last: number * 10 + 9, at: '2026-01-01T12:00:00Z', hash: '00' });
let card: ReturnType<typeof mount> | undefined;

afterEach(async () => {
  if (card) await unmount(card);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
const until = (holds: () => unknown) => vi.waitFor(() => (flushSync(), expect(holds()).toBeTruthy()));
const button = (words: string) => [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === words);
const rows = () => document.querySelectorAll('li').length;

/** A server with these pages; what it refuses is none of them. */
function serve(pages: number[][]) {
  vi.stubGlobal('fetch', async (request: Request) => {
    const at = Number(new URL(request.url).searchParams.get('cursor') ?? 0);
    const page = pages[at];
    const headers = { 'content-type': page ? 'application/json' : 'application/problem+json' };
    const body = page
      ? { items: page.map(checkpoint), nextCursor: at + 1 < 3 ? String(at + 1) : null, publicKey: 'ab' }
      : { status: 503, code: 'unavailable', title: 'Not now', detail: 'Try again.' };
    return new Response(JSON.stringify(body), { status: page ? 200 : 503, headers });
  });
  card = mount(CheckpointsCard, { target: document.body });
}

it('shows the newest few, then goes back page after page to the first', async () => {
  serve([[9, 8, 7, 6], [5, 4, 3], [2, 1]]);
  await until(() => rows() === 3);
  for (const count of [4, 7, 9]) {
    button('Show earlier ones')?.click();
    await until(() => rows() === count);
  }
  expect(button('Show earlier ones')).toBeUndefined();
  button('Show fewer')?.click();
  await until(() => rows() === 3);
  button('Show earlier ones')?.click();
  await until(() => rows() === 9);
});

it('says why it does not go further back, and keeps what is there', async () => {
  serve([[9, 8, 7, 6]]);
  await until(() => rows() === 3);
  button('Show earlier ones')?.click();
  await until(() => rows() === 4);
  button('Show earlier ones')?.click();
  await until(() => document.querySelector('[role=alert]')?.textContent?.includes('Not now'));
  expect(rows()).toBe(4);
  expect(button('Show earlier ones')).toBeDefined();
});
