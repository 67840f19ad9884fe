import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import AccessEditor from './AccessEditor.svelte';

const person = (id: string, name: string) => ({ id, name, email: `${id}@example.com` });
let kept = [
  { grantee: { type: 'user', ...person('u1', 'Bob'), active: true }, role: 'EDITOR', expiresAt: null },
];
let editor: ReturnType<typeof mount> | undefined;
beforeEach(async () => {
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (request.method === 'DELETE') {
      kept = [];
      return new Response(null, { status: 204 });
    }
    const items = pathname.endsWith('/members')
      ? [person('u1', 'Bob'), person('u2', 'Cleo')].map((user) => ({ user, state: 'active', role: 'member' }))
      : pathname.endsWith('/teams') ? [] : kept;
    return new Response(JSON.stringify({ items, nextCursor: null }), { headers: { 'content-type': 'application/json' } });
  });
  editor = mount(AccessEditor, { target: document.body, props: { shared: { vaultId: 'v1' }, role: 'OWNER' } });
  await settle();
});
afterEach(async () => {
  if (editor) await unmount(editor);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
async function settle() {
  await new Promise((resolve) => setTimeout(resolve, 20));
  flushSync();
}
async function press(label: string) {
  document.querySelector<HTMLButtonElement>(`button[aria-label="${label}"]`)?.click();
  await settle();
}
const said = () => document.querySelector('button[type=submit]')?.textContent?.trim();

describe('the form of who has access', () => {
  it('changes that of whom it was opened for, and of nobody else', async () => {
    expect(said()).toBe('Give access');
    await press('Change the access of Bob');
    expect(said()).toBe('Change access');
    const select = document.querySelector<HTMLSelectElement>('select[name=to]');
    if (!select) throw new Error('no choice');
    select.value = 'user:u2';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(said()).toBe('Give access');
  });

  it('changes none that was taken away meanwhile', async () => {
    await press('Change the access of Bob');
    await press('Take the access of Bob away');
    expect(said()).toBe('Give access');
  });
});
