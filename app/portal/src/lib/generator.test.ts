import { describe, expect, it } from 'vitest';
import { alphabets, entropyBits, generate, LONGEST, secureDice, SHORTEST, USUAL, type Dice } from './generator';

/** Draws in a fixed order, so that a test can be repeated. */
function fixedDice(seed = 1): Dice {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 0x7fffffff;
    return state % below;
  };
}

describe('a generated password', () => {
  it('has the length that was asked for, within bounds', () => {
    expect(generate({ ...USUAL, length: 32 })).toHaveLength(32);
    expect(generate({ ...USUAL, length: 1 })).toHaveLength(SHORTEST);
    expect(generate({ ...USUAL, length: 1000 })).toHaveLength(LONGEST);
  });

  it('holds every kind that was asked for and no other', () => {
    for (let seed = 1; seed < 300; seed += 1) {
      const password = generate({ ...USUAL, length: 8 }, fixedDice(seed));
      expect(password).toMatch(/[a-z]/);
      expect(password).toMatch(/[A-Z]/);
      expect(password).toMatch(/[0-9]/);
      expect(password).toMatch(/[^a-zA-Z0-9]/);
    }
    expect(generate({ ...USUAL, upper: false, digits: false, marks: false })).toMatch(/^[a-z]+$/);
  });

  it('can leave out what looks alike', () => {
    for (let seed = 1; seed < 200; seed += 1) {
      expect(generate({ ...USUAL, length: 64, legible: true }, fixedDice(seed))).not.toMatch(/[0O1lI|5S2Z8B]/);
    }
  });

  it('is another each time', () => {
    const many = new Set(Array.from({ length: 500 }, () => generate(USUAL)));
    expect(many.size).toBe(500);
  });

  it('names its strength', () => {
    expect(entropyBits(USUAL)).toBe(126);
    expect(entropyBits({ ...USUAL, upper: false, digits: false, marks: false })).toBe(94);
    expect(alphabets(USUAL)).toHaveLength(4);
  });
});

describe('the dice', () => {
  it('stay below the bound and lean nowhere', () => {
    const counts = Array.from({ length: 7 }, () => 0);
    for (let draw = 0; draw < 14_000; draw += 1) counts[secureDice(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(300);
  });
});
