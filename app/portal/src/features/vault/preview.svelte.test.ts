import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it, vi } from 'vitest';
import type { ImportPreview as Preview } from '../../lib/api/client';
import { Importing } from '../../state/vault/importing.svelte';
import ImportPreview from './ImportPreview.svelte';

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const preview = (problems: string[]) =>
  ({
    rows: [{ line: 1, type: 'PASSWORD', name: 'Router', fields: {}, concealed: [], notices: [], problems, duplicateOf: null, duplicateOfLine: null }],
    headings: [], ready: problems.length === 0 ? 1 : 0, faulty: problems.length === 0 ? 0 : 1, duplicates: 0, uncompared: 0,
  }) as unknown as Preview;

it('a file that is read in another way shows its rows, and not those of a choice that is gone', async () => {
  vi.stubGlobal('ResizeObserver', class {
    observe() {}
    unobserve() {}
    disconnect() {}
  });
  const props = $state({ importing: new Importing('v1'), preview: preview(['no name']) });
  const page = mount(ImportPreview, { target: document.body, props });
  flushSync();
  [...document.querySelectorAll('button')].find((each) => each.textContent?.includes('Not right'))?.click();
  flushSync();
  expect(document.body.textContent).toContain('no name');
  props.preview = preview([]);
  flushSync();
  expect(document.querySelector('[aria-pressed=true]')?.textContent).toContain('All');
  expect(document.querySelectorAll('li')).toHaveLength(1);
  await unmount(page);
});
