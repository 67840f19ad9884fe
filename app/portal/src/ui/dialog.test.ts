import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Confirm from './Confirm.svelte';

let dialog: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (dialog) await unmount(dialog);
  dialog = undefined;
  document.body.replaceChildren();
});
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

/** A dialog that was opened by a button; returns what closes it. */
async function opened(): Promise<() => Promise<void>> {
  document.body.innerHTML = '<main><h1 tabindex="-1">Trash</h1><button id="opener">Delete</button></main>';
  document.querySelector<HTMLElement>('#opener')?.focus();
  const made = mount(Confirm, {
    target: document.body,
    props: { title: 'Delete it?', text: 'It is destroyed.', action: 'Delete', close: () => undefined, run: () => Promise.resolve(null) },
  });
  dialog = made;
  flushSync();
  await settle();
  expect(document.activeElement?.closest('[role=dialog]')).not.toBeNull();
  return async () => {
    dialog = undefined;
    await unmount(made);
    await settle();
  };
}

describe('the focus after a dialog', () => {
  it('is where it came from', async () => {
    const close = await opened();
    await close();
    expect(document.activeElement?.id).toBe('opener');
  });

  it('is at the heading of the page, where that is gone', async () => {
    const close = await opened();
    document.querySelector('#opener')?.remove();
    await close();
    expect(document.activeElement?.tagName).toBe('H1');
  });
});
