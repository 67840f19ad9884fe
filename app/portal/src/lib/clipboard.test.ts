import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLEARED_SEC, copy, copySecret } from './clipboard';

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
});
