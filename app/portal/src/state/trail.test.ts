import { describe, expect, it, vi } from 'vitest';
import type { AuditEvent } from '../lib/api/client';
import { inTurn, problemAnswer, says } from '../testing/api';
import { Trail } from './trail.svelte';

const page = (ids: string[], nextCursor: string | null = null) => says({ items: ids.map((id) => ({ id }) as AuditEvent), nextCursor });
const { give, asked } = inTurn();
const ids = (trail: Trail) => trail.events?.map(({ id }) => id).join('') ?? null;

describe('the trail', () => {
  it('is read back page after page', async () => {
    give(page(['a', 'b'], '2'), page([], '3'), page(['c']));
    const trail = new Trail();
    await trail.run();
    await trail.more();
    expect([ids(trail), trail.next]).toEqual(['abc', null]);
    expect(asked.map(({ searchParams }) => searchParams.get('cursor'))).toEqual([null, '2', '3']);
  });

  it('shows nothing of an earlier search where the one that is asked for fails', async () => {
    give(page(['a'], '2'), page([], '9'), problemAnswer(503, 'unavailable'));
    const trail = new Trail();
    await trail.run();
    trail.form.q = 'crane';
    await trail.run();
    expect([ids(trail), trail.next, trail.problem?.status]).toEqual([null, null, 503]);
    give(page(['c']));
    await trail.run();
    expect([ids(trail), trail.problem]).toEqual(['c', null]);
  });

  it('keeps what is there where earlier entries cannot be had', async () => {
    give(page(['a'], '2'), problemAnswer(503, 'unavailable'));
    const trail = new Trail();
    await trail.run();
    await trail.more();
    expect([ids(trail), trail.next, trail.problem?.status]).toEqual(['a', '2', 503]);
  });

  it('waits for somebody who types, also after a search that failed', async () => {
    vi.useFakeTimers();
    give(problemAnswer(422, 'invalid'), page(['a']));
    const trail = new Trail();
    trail.ask();
    await vi.advanceTimersByTimeAsync(1);
    expect([asked.length, trail.problem?.status]).toEqual([1, 422]);
    trail.ask();
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect([asked.length, ids(trail)]).toEqual([2, 'a']);
  });
});
