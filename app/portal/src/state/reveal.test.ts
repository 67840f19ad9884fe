import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outcome, Revealed } from '../lib/api/client';
import { networkProblem } from '../lib/problem';
import { OPEN_SEC, Reveal } from './reveal.svelte';

const VALUE = 'vT7#kestrel';
const REVEALED: Revealed = { field: 'password', value: VALUE };
const good = () => Promise.resolve<Outcome<Revealed>>({ ok: true, value: REVEALED });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a revealed value', () => {
  it('seals itself after its time', async () => {
    const reveal = new Reveal(good);
    await reveal.open();
    expect(reveal.value).toBe(VALUE);
    vi.advanceTimersByTime((OPEN_SEC - 1) * 1000);
    expect(reveal.left).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(reveal.value).toBeNull();
  });

  it('seals itself when the page is hidden', async () => {
    const reveal = new Reveal(good);
    await reveal.open();
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(reveal.value).toBeNull();
    vi.restoreAllMocks();
  });

  it('does not appear after it was sealed again', async () => {
    let answer: (outcome: Outcome<Revealed>) => void = () => undefined;
    const reveal = new Reveal(() => new Promise((resolve) => (answer = resolve)));
    const opening = reveal.open();
    reveal.seal();
    answer({ ok: true, value: REVEALED });
    await opening;
    expect(reveal.value).toBeNull();
    expect(reveal.busy).toBe(false);
  });

  it('is fetched for copying without being shown, and the trail is told which of the two it was', async () => {
    const fetch = vi.fn(good);
    const reveal = new Reveal(fetch);
    expect(await reveal.take()).toBe(VALUE);
    expect(reveal.value).toBeNull();
    await reveal.open();
    await reveal.take();
    expect(fetch.mock.calls).toEqual([['copy'], ['show'], ['copy']]);
    reveal.seal();
  });

  it('stays longer when somebody still reads', async () => {
    const reveal = new Reveal(good);
    await reveal.open();
    vi.advanceTimersByTime((OPEN_SEC - 5) * 1000);
    reveal.extend();
    vi.advanceTimersByTime((OPEN_SEC - 1) * 1000);
    expect(reveal.value).toBe(VALUE);
    vi.advanceTimersByTime(1000);
    reveal.extend();
    expect([reveal.value, reveal.left]).toEqual([null, 0]);
  });

  it('says what went wrong', async () => {
    const reveal = new Reveal(() => Promise.resolve({ ok: false, problem: networkProblem() }));
    await reveal.open();
    expect(reveal.value).toBeNull();
    expect(reveal.problem?.code).toBe('network');
  });
});
