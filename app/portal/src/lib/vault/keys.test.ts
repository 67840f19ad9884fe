import { afterEach, describe, expect, it } from 'vitest';
import { actOf, isTaken, KEYS } from './keys';

const press = (key: string, more: Partial<KeyboardEvent> = {}) =>
  actOf({ key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, ...more });

describe('a key', () => {
  it.each([['j', 'down'], ['ArrowUp', 'up'], ['K', 'up'], ['/', 'search'], ['c', 'copy'], ['X', 'select'], ['?', 'help'], ['Delete', 'trash']])(
    '%s asks for %s',
    (key, act) => expect(press(key)).toBe(act),
  );

  it('is the browser’s with Ctrl, Cmd or Alt, and while somebody composes a character', () => {
    for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }]) expect(press('c', more)).toBeNull();
    expect(press('q')).toBeNull();
  });

  it('asks for one thing', () => {
    const all = KEYS.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('keys are left alone', () => {
  afterEach(() => document.body.replaceChildren());

  it('where somebody types, and under a dialog', () => {
    document.body.innerHTML = '<input id="a"><input id="t" type="checkbox"><textarea id="b"></textarea><p id="c"></p>';
    const at = (id: string) => isTaken(document.getElementById(id));
    expect([at('a'), at('b'), at('c'), at('t')]).toEqual([true, true, false, false]);
    document.body.insertAdjacentHTML('beforeend', '<div role="dialog"></div>');
    expect(at('c')).toBe(true);
  });
});
