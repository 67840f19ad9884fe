import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OPEN_SEC } from './reveal.svelte';
import { Unsealed } from './unsealed.svelte';

const form: Record<string, string | undefined> = {};
const fresh = () =>
  new Unsealed({
    read: (name) => form[name],
    seal: (name) => delete form[name],
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function open(unsealed: Unsealed, name: string, value: string) {
  form[name] = value;
  unsealed.put(name, value);
}

describe('what a reveal laid into a form', () => {
  it('is sealed again after the usual while', () => {
    const unsealed = fresh();
    open(unsealed, 'password', 'kestrel');
    vi.advanceTimersByTime(OPEN_SEC * 1000 - 1);
    expect([form['password'], unsealed.values['password']]).toEqual(['kestrel', 'kestrel']);
    vi.advanceTimersByTime(1);
    expect([form['password'], unsealed.values['password']]).toEqual([undefined, undefined]);
  });

  it('is sealed when the page is hidden', () => {
    const unsealed = fresh();
    open(unsealed, 'password', 'kestrel');
    open(unsealed, 'notes', 'by the door');
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect([form['password'], form['notes']]).toEqual([undefined, undefined]);
  });

  it('stays when it was changed, and what it was is still known', () => {
    const unsealed = fresh();
    open(unsealed, 'password', 'kestrel');
    form['password'] = 'kestrel and more';
    vi.advanceTimersByTime(OPEN_SEC * 1000);
    expect([form['password'], unsealed.values['password']]).toEqual(['kestrel and more', 'kestrel']);
  });

  it('is nobody\'s business once the form is gone', () => {
    const unsealed = fresh();
    open(unsealed, 'password', 'kestrel');
    unsealed.end();
    vi.advanceTimersByTime(OPEN_SEC * 1000);
    expect(form['password']).toBe('kestrel');
  });
});
