import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Route } from '../lib/router';
import Outside from './Outside.svelte';

const opened: unknown[] = [];
let page: ReturnType<typeof mount> | undefined;
beforeEach(() => {
  opened.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const body = (await request.json()) as { token: string };
    opened.push(body.token);
    const fields = [{ name: 'password', label: 'Password', value: `of ${body.token}`, concealed: true }];
    const answer = { name: `Secret of ${body.token}`, organization: 'Harbour', fields, remaining: 0, expiresAt: '2030-01-01T00:00:00Z' };
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
  });
});
afterEach(async () => {
  if (page) await unmount(page);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function open(address: string, route: Route) {
  history.replaceState(null, '', address);
  page = mount(Outside, { target: document.body, props: { route } });
  flushSync();
}
/** As somebody pastes it into the address bar: for the browser the page stays. */
async function paste(fragment: string) {
  const changed = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
  location.hash = fragment;
  await changed;
  flushSync();
}
async function press() {
  document.querySelector<HTMLButtonElement>('button[type=submit]')?.click();
  await vi.waitFor(() => expect(document.querySelector('h1')?.textContent).toContain('Secret of'));
}

describe('a one-time link that is pasted where another one is open', () => {
  it('is the one that is opened, and leaves the address', async () => {
    open('/l#first', { page: 'link' });
    expect(location.hash).toBe('');
    await paste('second');
    expect(location.hash).toBe('');
    await press();
    expect(opened).toEqual(['second']);
  });

  it('takes away what the other one showed', async () => {
    open('/l#first', { page: 'link' });
    await press();
    await paste('second');
    expect(document.body.textContent).not.toContain('Secret of first');
    await press();
    expect(opened).toEqual(['first', 'second']);
  });

  it('is told from the way to the content', async () => {
    open('/l#first', { page: 'link' });
    await press();
    await paste('main');
    expect(document.querySelector('h1')?.textContent).toBe('Secret of first');
  });
});

describe('the other links', () => {
  it('are taken by the page that is open, too', async () => {
    open('/reset', { page: 'reset' });
    expect(document.body.textContent).toContain('This link is not whole');
    await paste('token=whole');
    expect(document.body.textContent).not.toContain('This link is not whole');
    expect(location.hash).toBe('');
  });
});
