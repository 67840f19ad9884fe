import { describe, expect, it, vi } from 'vitest';
import { inTurn, problemAnswer, says } from '../testing/api';
import { Verifying } from './verifying.svelte';

const state = (state: string, more = {}) => says({ state, read: 1, of: 2, ...more });
const { give, sent } = inTurn();
const file = (name: string, text: string) => ({ name, text: () => Promise.resolve(text) }) as File;
const whole = state('done', { intact: true, entries: 2 });

describe('a reading of the trail', () => {
  it('is compared with the checkpoints that were kept', async () => {
    give(whole);
    const verifying = new Verifying();
    await verifying.take(file('one.json', '{"number":1}'));
    expect(await verifying.run()).toBeNull();
    expect([verifying.verdict?.intact, verifying.compared]).toEqual([true, true]);
    expect(sent).toEqual([{ checkpoints: [{ number: 1 }] }]);
  });

  it('says that it was compared only where it was', async () => {
    let late: (answer: Response) => void = () => undefined;
    give(() => new Promise((resolve) => (late = resolve)));
    const verifying = new Verifying();
    const running = verifying.run();
    await verifying.take(file('late.json', '{"number":1}'));
    expect(verifying.kept).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    late(whole());
    await running;
    expect([verifying.verdict?.intact, verifying.compared]).toEqual([true, false]);
    // A file that comes later makes the verdict old.
    await verifying.take(file('late.json', '{"number":1}'));
    expect([verifying.kept.length, verifying.verdict]).toEqual([1, null]);
  });

  it('does not count a file whose text was still being read', async () => {
    let text: (text: string) => void = () => undefined;
    give(whole);
    const verifying = new Verifying();
    const taking = verifying.take({ name: 'slow.json', text: () => new Promise((resolve) => (text = resolve)) } as File);
    const running = verifying.run();
    text('{"number":1}');
    await Promise.all([taking, running]);
    expect([verifying.kept.length, verifying.verdict?.intact, verifying.compared]).toEqual([1, true, false]);
  });

  it('takes nothing that is no checkpoint', async () => {
    const verifying = new Verifying();
    await verifying.take(file('note.txt', 'hello'));
    expect([verifying.kept, verifying.wrong]).toEqual([[], 'note.txt is no checkpoint.']);
  });

  it('is asked after until it is done, and says when it broke off', async () => {
    vi.useFakeTimers();
    give(state('running'), whole);
    const verifying = new Verifying();
    const running = verifying.run();
    await vi.advanceTimersByTimeAsync(1000);
    expect(verifying.reading?.read).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    await running;
    expect([verifying.reading, verifying.verdict?.intact]).toEqual([null, true]);

    give(state('running'), problemAnswer(404, 'not-found'));
    const again = verifying.run();
    await vi.advanceTimersByTimeAsync(2000);
    expect([await again, verifying.brokeOff, verifying.verdict]).toEqual([null, true, null]);
  });
});
