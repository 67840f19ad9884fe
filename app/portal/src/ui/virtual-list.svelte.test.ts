import { createRawSnippet, flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import VirtualList from './VirtualList.svelte';

let list: ReturnType<typeof mount> | undefined;
beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class {
    observe() {}
    unobserve() {}
    disconnect() {}
  });
});
afterEach(async () => {
  if (list) await unmount(list);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

/** A list of a hundred thousand, whose window is as tall as jsdom has it: the margin alone is drawn. */
function shown(active: number) {
  const row = createRawSnippet<[number]>((at) => ({
    render: () => '<button type="button"></button>',
    setup: (node) => {
      $effect.pre(() => void (node.textContent = String(at())));
    },
  }));
  list = mount(VirtualList, { target: document.body, props: { label: 'Secrets', count: 100_000, rowHeight: 60, active, row } });
  flushSync();
}
const rows = () => [...document.querySelectorAll('li')];
const texts = () => rows().map((row) => row.textContent);
function scrollTo(row: number) {
  const scroller = document.querySelector<HTMLElement>('.scroller');
  if (!scroller) throw new Error('no list');
  scroller.scrollTop = row * 60;
  scroller.dispatchEvent(new Event('scroll'));
  flushSync();
}

describe('a list of any length', () => {
  it('shows other rows in the elements that it has', () => {
    shown(0);
    scrollTo(500);
    const before = rows();
    scrollTo(70_000);
    expect(texts()).toEqual(['0', ...Array.from({ length: 17 }, (_, at) => String(69_992 + at))]);
    expect(rows()).toEqual(before);
    expect(rows().map((row) => row.getAttribute('aria-posinset')).slice(0, 2)).toEqual(['1', '69993']);
  });

  it('leaves the focus where it is, and the rows in the order of reading', () => {
    shown(505);
    scrollTo(500);
    const focused = rows().find((row) => row.textContent === '505')?.querySelector('button');
    focused?.focus();
    for (const at of [70_000, 3, 498, 520, 99_999, 505]) {
      scrollTo(at);
      expect(document.activeElement).toBe(focused);
      expect(focused?.textContent).toBe('505');
      const numbers = texts().map(Number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });
});
