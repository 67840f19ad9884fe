import { createRawSnippet, flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Secret, Vault } from '../../lib/api/client';
import { place } from '../../state/place.svelte';
import { toasts } from '../../state/toasts.svelte';
import { drag } from '../../state/vault/drag.svelte';
import { vaults } from '../../state/vaults.svelte';
import RecordBrowser from './RecordBrowser.svelte';

const TYPES = [
  { type: 'PASSWORD', label: 'Password', fields: [{ name: 'password', label: 'Password', form: 'line', concealed: true, required: true, derived: false, max: 0 }] },
  { type: 'TOTP', label: 'One-time code', fields: [] },
];
const record = (id: string, more: Partial<Secret> = {}) =>
  ({
    id, vaultId: 'v1', type: 'TOTP', readable: true, name: `Router ${id}`, fields: {}, concealed: ['otpauth'], customFields: [], tags: [], favourite: false,
    highSensitivity: false, injectOnly: false, version: 1, strength: null, createdAt: '', updatedAt: '2026-01-01T00:00:00Z', updatedBy: null, trashedAt: null, ...more,
  }) as Secret;
const vault = (id: string) => ({ id, name: `Vault ${id}`, role: 'ADMIN', secretCount: 2 }) as unknown as Vault;

/** What the server keeps, and what it was asked for. */
let kept: Secret[] = [];
let sent: string[] = [];
/** Which of them the list has. */
let listed: (id: string) => boolean = () => true;
/** Calls that are held back, by a part of their path. */
let held: Record<string, Promise<void>> = {};

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.replace('/api/v1', '');
  const { method } = request;
  sent.push(`${method} ${path}`);
  for (const [part, until] of Object.entries(held)) if (path.includes(part)) await until;
  if (path === '/secret-types') return json(TYPES);
  if (path === '/vaults') return json({ items: [vault('v1'), vault('v2')], nextCursor: null });
  if (path === '/secrets') return json({ items: kept.filter(({ id }) => listed(id)), nextCursor: null });
  const [, vaultId, id = '', rest] = /^\/vaults\/(\w+)\/secrets\/(\w+)\/?(.*)$/.exec(path) ?? [];
  if (id === 'bulk') {
    const body = (await request.json()) as { ids: string[]; to: string };
    if (body.to) kept = kept.map((each) => (body.ids.includes(each.id) ? { ...each, vaultId: body.to } : each));
    return json({});
  }
  const found = kept.find((each) => each.id === id && each.vaultId === vaultId);
  if (!found) return json({ title: 'Not found', detail: '', code: 'not-found', status: 404 }, 404);
  if (rest === 'code') return json({ code: id === 'a' ? '111222' : '333444', period: 30, validUntil: new Date(Date.now() + 25_000).toISOString() });
  if (rest === 'reveal') return json({ value: `secret of ${id}` });
  if (rest === 'attachments') return json({ items: [], nextCursor: null });
  return json(found);
}

let page: ReturnType<typeof mount> | undefined;
beforeEach(async () => {
  kept = [record('a'), record('b')];
  sent = [];
  listed = () => true;
  held = {};
  toasts.clear();
  vi.stubGlobal('fetch', answer);
  vi.stubGlobal('ResizeObserver', class {
    observe() {}
    unobserve() {}
    disconnect() {}
  });
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200);
  vi.stubGlobal('scrollTo', () => undefined);
  await vaults.run();
});
afterEach(async () => {
  if (page) await unmount(page);
  page = undefined;
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const nothing = createRawSnippet(() => ({ render: () => '<p></p>' }));
async function open(secret: string | null, rows = kept.length) {
  place.go(secret ? `/secrets?vault=v1&secret=${secret}` : '/secrets');
  page = mount(RecordBrowser, { target: document.body, props: { vault: null, label: 'All secrets', head: nothing, empty: nothing } });
  await until(() => document.querySelectorAll('[data-record]').length === rows);
  if (secret) await until(() => detail()?.getAttribute('aria-label') === `Router ${secret}`);
}
const until = (holds: () => boolean) => vi.waitFor(() => (flushSync(), expect(holds()).toBe(true)));
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
const detail = () => document.querySelector('article');
const button = (name: string) => [...document.querySelectorAll<HTMLButtonElement>('button')].find((each) => (each.ariaLabel ?? each.textContent)?.trim() === name);
function press(key: string) {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  flushSync();
}
function go(secret: string) {
  place.go(`/secrets?vault=v1&secret=${secret}`, { replace: true });
  flushSync();
}

describe('the open record', () => {
  it('shows no code of the one before', async () => {
    await open('a');
    button('Show code')?.click();
    await until(() => document.querySelector('.code')?.textContent?.includes('111222') === true);
    go('b');
    expect(detail()?.getAttribute('aria-label')).toBe('Router b');
    expect(document.querySelector('.code')).toBeNull();
    button('Show code')?.click();
    await until(() => document.querySelector('.code')?.textContent?.includes('333444') === true);
  });

  it('copies no code of the one before', async () => {
    let late = () => undefined as void;
    const written = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText: written } });
    await open('a');
    held['/code'] = new Promise((resolve) => (late = resolve));
    button('Copy code')?.click();
    go('b');
    late();
    await settle();
    expect(written).not.toHaveBeenCalled();
  });

  it('is found in the vault that it was moved to, and back', async () => {
    await open('a');
    document.querySelector('[data-record=a]')?.dispatchEvent(new Event('dragstart'));
    drag.drop('v2');
    await until(() => place.url.searchParams.get('vault') === 'v2');
    await until(() => document.querySelector('article .under')?.textContent?.includes('Vault v2') === true);
    sent = [];
    button('Show code')?.click();
    await until(() => document.querySelector('.code') !== null);
    expect(sent).toContain('POST /vaults/v2/secrets/a/code');
    expect(toasts.undo()).toBe(true);
    await until(() => place.url.searchParams.get('vault') === 'v1');
    await until(() => document.querySelector('article .under')?.textContent?.includes('Vault v1') === true);
  });
});

describe('the open record that is in no list', () => {
  it('is asked for again when something was changed', async () => {
    kept = [record('a'), record('b')];
    listed = (id) => id !== 'a';
    await open('a', 1);
    document.querySelector<HTMLElement>('[data-record=b]')?.focus();
    press('#');
    await until(() => toasts.list.length > 0);
    kept = kept.map((each) => ({ ...each, version: 2, name: `${each.name}, renamed` }));
    toasts.undo();
    await until(() => detail()?.getAttribute('aria-label') === 'Router a, renamed');
  });
});

describe('the keys of the page', () => {
  beforeEach(() => {
    kept = [record('a', { type: 'PASSWORD', concealed: ['password'] }), record('b', { concealed: [] })];
  });
  const reveals = () => sent.filter((each) => each.endsWith('/reveal'));

  it('reveal what is open', async () => {
    await open('a');
    press('r');
    await until(() => detail()?.textContent?.includes('secret of a') === true);
  });

  it('reveal nothing that is not shown any more', async () => {
    await open('a');
    press('Escape');
    expect(detail()).toBeNull();
    press('r');
    await settle();
    expect(reveals()).toEqual([]);
  });

  it('reveal nothing of the record before', async () => {
    await open('a');
    go('b');
    press('r');
    await settle();
    expect(reveals()).toEqual([]);
  });

  it('are those of a dialog from the moment that it is asked for', async () => {
    await open(null);
    press('n');
    press('a');
    expect(document.querySelector('[role=dialog]')).toBeNull();
    expect(document.body.textContent).not.toContain('selected');
  });

  it('are those of the page again when Escape gives a dialog up', async () => {
    await open(null);
    press('?');
    press('Escape');
    press('a');
    expect(document.body.textContent).toContain('2 selected');
  });
});

describe('the focus', () => {
  const row = (id: string) => document.querySelector<HTMLElement>(`[data-record=${id}]`);

  it('stays in the list when the row that has it goes', async () => {
    await open(null);
    row('b')?.focus();
    press('#');
    await settle();
    expect(row('b')).toBeNull();
    expect(document.activeElement).toBe(row('a'));
  });

  it('comes back to the list when what is open goes', async () => {
    await open('a');
    button('Edit')?.focus();
    press('#');
    await settle();
    expect(detail()).toBeNull();
    expect(document.activeElement).toBe(row('b'));
  });
});

describe('what is ticked', () => {
  it('is counted as it is there, also after the list was fetched again', async () => {
    await open(null);
    press('a');
    expect(document.body.textContent).toContain('2 selected');
    kept = kept.slice(0, 1);
    drag.end();
    document.querySelector('[data-record=a]')?.dispatchEvent(new Event('dragstart'));
    drag.drop('v2');
    await until(() => document.querySelectorAll('[data-record]').length === 1);
    expect(document.body.textContent).toContain('1 selected');
  });

  it('is told to a screen reader after a range over it, too', async () => {
    await open(null);
    const [first, second] = [...document.querySelectorAll<HTMLInputElement>('input[type=checkbox]')];
    const click = (box: HTMLInputElement | undefined, shiftKey = false) => {
      box?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }));
      flushSync();
    };
    click(first);
    click(second, true);
    click(first, true);
    expect(document.body.textContent).toContain('2 selected');
    expect([first?.checked, second?.checked]).toEqual([true, true]);
  });
});
