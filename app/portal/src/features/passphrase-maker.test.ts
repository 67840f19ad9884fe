import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import PassphraseMaker from './PassphraseMaker.svelte';

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('a passphrase that is being made', () => {
  it('is used, unless nobody waits for it any more', async () => {
    let answer: () => void = () => undefined;
    vi.stubGlobal('fetch', () =>
      new Promise((resolve) => {
        answer = () => resolve(new Response(JSON.stringify({ value: 'seven geese', bits: 77 }), { headers: { 'content-type': 'application/json' } }));
      }),
    );
    const use = vi.fn();
    const open = () => {
      const maker = mount(PassphraseMaker, { target: document.body, props: { spoken: false, use } });
      flushSync();
      return maker;
    };
    const first = open();
    answer();
    await settle();
    expect(use.mock.calls).toEqual([['seven geese']]);
    await unmount(first);
    const second = open();
    await unmount(second);
    answer();
    await settle();
    expect(use).toHaveBeenCalledOnce();
  });
});
