/** What kind of character one is, so that a shown password can be read without mistakes. */
export type Glyph = 'letter' | 'digit' | 'mark';

export interface Run {
  readonly glyph: Glyph;
  readonly text: string;
}

function glyphOf(character: string): Glyph {
  if (/\p{Nd}/u.test(character)) return 'digit';
  return /\p{L}/u.test(character) ? 'letter' : 'mark';
}

/** A value as runs of characters of one kind. */
export function runs(value: string): Run[] {
  const out: { glyph: Glyph; text: string }[] = [];
  for (const character of value) {
    const glyph = glyphOf(character);
    const last = out.at(-1);
    if (last?.glyph === glyph) last.text += character;
    else out.push({ glyph, text: character });
  }
  return out;
}
