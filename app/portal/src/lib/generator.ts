/** How a password is to be made. */
export interface Recipe {
  readonly length: number;
  readonly upper: boolean;
  readonly digits: boolean;
  readonly marks: boolean;
  /** Leave out characters that are easily taken for one another. */
  readonly legible: boolean;
}

export const SHORTEST = 8;
export const LONGEST = 64;
export const USUAL: Recipe = { length: 20, upper: true, digits: true, marks: true, legible: false };

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const MARKS = '!#$%&*+-./:=?@^_~';
const ALIKE = new Set('0O1lI|5S2Z8B.:');

/** A source of uniform whole numbers below a bound. */
export type Dice = (below: number) => number;

/** The browser's generator; a draw that would lean towards small numbers is thrown away. */
export const secureDice: Dice = (below) => {
  const limit = Math.floor(0x1_0000_0000 / below) * below;
  const draw = new Uint32Array(1);
  for (;;) {
    crypto.getRandomValues(draw);
    const value = draw[0] ?? 0;
    if (value < limit) return value % below;
  }
};

/** The kinds of characters a recipe draws from. */
export function alphabets(recipe: Recipe): string[] {
  const kinds = [LOWER];
  if (recipe.upper) kinds.push(UPPER);
  if (recipe.digits) kinds.push(DIGITS);
  if (recipe.marks) kinds.push(MARKS);
  if (!recipe.legible) return kinds;
  return kinds.map((kind) => [...kind].filter((character) => !ALIKE.has(character)).join(''));
}

/**
 * Makes a password in which every kind occurs. Whole passwords are drawn until one qualifies,
 * so that all qualifying ones stay equally likely.
 */
export function generate(recipe: Recipe, dice: Dice = secureDice): string {
  const length = Math.min(Math.max(Math.round(recipe.length), SHORTEST), LONGEST);
  const kinds = alphabets(recipe);
  const all = kinds.join('');
  for (;;) {
    const password = Array.from({ length }, () => all.charAt(dice(all.length))).join('');
    if (kinds.every((kind) => [...password].some((each) => kind.includes(each)))) return password;
  }
}

/** Bits of entropy of a recipe, rounded down: an upper bound that forced kinds barely lower. */
export function entropyBits(recipe: Recipe): number {
  return Math.floor(recipe.length * Math.log2(alphabets(recipe).join('').length));
}
