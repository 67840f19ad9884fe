import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Secret, Vault } from '../../lib/api/client';
import { types } from '../../state/vault/types.svelte';
import { vaults } from '../../state/vaults.svelte';
import NewRecord from './NewRecord.svelte';
import RecordForm from './RecordForm.svelte';

const field = (name: string, label: string) => ({ name, label, form: 'line', concealed: true, required: false, derived: false, max: 0 });
const record = {
  id: 'a', vaultId: 'v1', type: 'PASSWORD', readable: true, name: 'Router', fields: {}, concealed: ['password', 'pin'], tags: ['night', 'north'], version: 1,
  customFields: [{ id: 'c1', label: 'Port', kind: 'text', value: '22' }, { id: 'c2', label: 'Rack', kind: 'text', value: '7' }],
} as unknown as Secret;

let form: ReturnType<typeof mount> | undefined;
beforeEach(async () => {
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    const answer = pathname.endsWith('/reveal') ? { value: 'kestrel' } : [{ type: 'PASSWORD', label: 'Password', fields: [field('password', 'Password'), field('pin', 'PIN')] }];
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
  });
  await types.run();
  const nothing = () => undefined;
  form = mount(RecordForm, { target: document.body, props: { vaultId: 'v1', record, type: 'PASSWORD', tags: [], close: nothing, saved: nothing } });
  flushSync();
  await settle();
});
afterEach(async () => {
  if (form) await unmount(form);
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));
async function press(words: string, inside = 'body') {
  const all = [...(document.querySelector(inside)?.querySelectorAll('button') ?? [])];
  const button = all.find((each) => (each.ariaLabel ?? each.textContent)?.trim() === words);
  if (!button) throw new Error(`no button ${words}`);
  button.focus();
  button.click();
  await settle();
}
const focused = () => document.activeElement as HTMLInputElement;

describe('the form of a record keeps the focus', () => {
  it('where what is sealed gives way to its input', async () => {
    await press('Replace');
    expect([focused().name, focused().value]).toEqual(['password', '']);
    await press('Reveal');
    expect([focused().name, focused().value]).toEqual(['pin', 'kestrel']);
  });

  it('where what was revealed is sealed again', async () => {
    await press('Reveal');
    expect(focused().name).toBe('password');
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(focused().textContent?.trim()).toBe('Reveal');
    expect(focused().closest('[role=group]')?.textContent).toContain('Password');
  });

  it('where a tag is taken off', async () => {
    await press('Remove the tag night');
    expect(focused().name).toBe('tags');
  });

  it('where a field is removed', async () => {
    await press('Remove the field Port');
    expect(focused().ariaLabel).toBe('Remove the field Rack');
    await press('Remove the field Rack');
    expect(focused().textContent?.trim()).toBe('Add a field');
  });
});

describe('a new record', () => {
  it('goes to the vault that was shown when its type was chosen', async () => {
    const sent: string[] = [];
    const answer = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
    const vault = (id: string) => ({ id, name: id, role: 'OWNER' }) as unknown as Vault;
    vi.stubGlobal('fetch', async (request: Request) => {
      sent.push(new URL(request.url).pathname);
      return answer(record);
    });
    vaults.value = [vault('v1'), vault('v2')];
    const nothing = () => undefined;
    const made = mount(NewRecord, { target: document.body, props: { vaultId: null, tags: [], close: nothing, saved: nothing } });
    flushSync();
    [...document.querySelectorAll<HTMLButtonElement>('li button')].find((each) => each.textContent?.includes('Password'))?.click();
    vaults.value = [vault('v2'), vault('v1')];
    flushSync();
    const dialog = [...document.querySelectorAll('[role=dialog]')].at(-1);
    const name = dialog?.querySelector<HTMLInputElement>('input[name=name]');
    if (!name) throw new Error('no form');
    name.value = 'Router';
    name.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    dialog?.querySelector<HTMLButtonElement>('button[type=submit]')?.click();
    await settle();
    await unmount(made);
    expect(sent).toContain('/api/v1/vaults/v1/secrets');
  });
});
