import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLEARED_SEC, copy, copySecret, isSelected } from './clipboard';

let held = '';
/** What the browser lets a page see of the clipboard. */
let allowed: 'granted' | 'prompt' = 'granted';

beforeEach(() => {
  vi.useFakeTimers();
  held = '';
  allowed = 'granted';
  const clipboard = {
    writeText: vi.fn((text: string) => Promise.resolve(void (held = text))),
    readText: vi.fn(() => Promise.resolve(held)),
  };
  vi.stubGlobal('navigator', { clipboard, permissions: { query: () => Promise.resolve({ state: allowed }) } });
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
const later = () => vi.advanceTimersByTimeAsync(CLEARED_SEC * 1000);

describe('a copied secret', () => {
  it('leaves the clipboard after its time', async () => {
    await copySecret('s');
    await vi.advanceTimersByTimeAsync((CLEARED_SEC - 1) * 1000);
    expect(held).toBe('s');
    await vi.advanceTimersByTimeAsync(1000);
    expect(held).toBe('');
  });

  it('takes nothing else with it', async () => {
    await copySecret('s');
    held = 'from elsewhere';
    await later();
    expect(held).toBe('from elsewhere');
    await copySecret('s');
    await copy('the user name');
    await later();
    expect(held).toBe('the user name');
  });

  it('goes without a question to the person, where looking would ask one', async () => {
    allowed = 'prompt';
    await copySecret('s');
    await later();
    expect(held).toBe('');
    expect(navigator.clipboard.readText).not.toHaveBeenCalled();
  });

  it('has its own time, however often one copies', async () => {
    await copySecret('a');
    await vi.advanceTimersByTimeAsync((CLEARED_SEC - 5) * 1000);
    await copySecret('b');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(held).toBe('b');
    await later();
    expect(held).toBe('');
  });

  it('goes when the page is back, where a page in the background may not write', async () => {
    await copySecret('s');
    vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    await later();
    expect(held).toBe('s');
    dispatchEvent(new Event('focus'));
    await vi.advanceTimersByTimeAsync(0);
    expect(held).toBe('');
  });

  it('still goes when something else could not be copied', async () => {
    await copySecret('s');
    vi.mocked(navigator.clipboard.writeText).mockRejectedValueOnce(new Error('not allowed'));
    expect(await copy('the user name')).toBe(false);
    await later();
    expect(held).toBe('');
  });

  it('still goes when the keys for copying are pressed on nothing, and stays for what they copy', async () => {
    const listen = vi.spyOn(document, 'addEventListener');
    vi.resetModules();
    const fresh = await import('./clipboard');
    const told = listen.mock.calls.find(([name]) => name === 'copy')?.[1] as (event: unknown) => void;
    await fresh.copySecret('s');
    told({ isTrusted: true });
    await later();
    expect(held).toBe('');
    await fresh.copySecret('s');
    const field = document.body.appendChild(document.createElement('input'));
    field.value = 'typed';
    field.select();
    field.focus();
    told({ isTrusted: true });
    await later();
    expect(held).toBe('s');
    field.remove();
  });
});

describe('what the keys for copying find selected', () => {
  afterEach(() => {
    document.body.replaceChildren();
    getSelection()?.removeAllRanges();
  });
  const field = (type: string) => {
    const made = document.body.appendChild(document.createElement('input'));
    made.type = type;
    made.value = 'value';
    made.focus();
    return made;
  };

  it('is nothing where nothing is', () => {
    expect(isSelected()).toBe(false);
    field('text').setSelectionRange(2, 2);
    expect(isSelected()).toBe(false);
  });

  it('is part of the field that has the focus, unless that is covered', () => {
    field('text').setSelectionRange(1, 3);
    expect(isSelected()).toBe(true);
    field('password').select();
    expect(isSelected()).toBe(false);
  });

  it('is text of the page', () => {
    const words = document.body.appendChild(document.createElement('p'));
    words.textContent = 'of the page';
    getSelection()?.selectAllChildren(words);
    expect(isSelected()).toBe(true);
    // The focus is in a field: it is the field that is copied from.
    field('text').setSelectionRange(0, 0);
    expect(isSelected()).toBe(false);
  });
});
