/** The rows of a long list that are worth being in the document: those in sight, and some around them. */
export interface Span {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** Rows beyond what is seen, so that a quick turn of the wheel finds them there. */
const MARGIN = 8;

/** Which rows stand in a window of a height, scrolled so far. */
export function spanOf(scrolled: number, height: number, row: number, count: number): Span {
  if (count <= 0 || row <= 0) return { from: 0, to: 0 };
  const first = Math.floor(Math.max(0, scrolled) / row);
  const seen = Math.ceil(Math.max(0, height) / row) + 1;
  const from = Math.min(Math.max(0, first - MARGIN), count);
  return { from, to: Math.min(count, Math.max(first + seen + MARGIN, from)) };
}

/** The rows to draw: the span, and one row that must not go because it has the focus. */
export function rowsOf({ from, to }: Span, held: number, count: number): number[] {
  const rows = Array.from({ length: to - from }, (_, at) => from + at);
  if (held < 0 || held >= count || (held >= from && held < to)) return rows;
  return held < from ? [held, ...rows] : [...rows, held];
}

/** An element of the list, and the row that it shows now. */
export interface Slot {
  readonly key: number;
  readonly row: number;
  /** It may have the focus. */
  readonly held: boolean;
}

/**
 * Which element shows which row. A row that was drawn keeps its element. Elements whose rows are gone show others
 * instead, so that a leap through the list builds none. None changes its place among the rest: what is moved loses
 * its focus. And one that may have the focus is given to no other row, of which nobody would be told.
 */
export function slotsOf(before: readonly Slot[], rows: readonly number[], held: number): Slot[] {
  const drawn = new Set(rows);
  const known = new Map(before.map(({ row }, place) => [row, place]));
  let fresh = before.reduce((most, { key }) => Math.max(most, key), -1) + 1;
  let next = 0;
  return rows.map((row) => {
    next = known.get(row) ?? next;
    const passed = before[next];
    if (passed?.held && !drawn.has(passed.row)) next += 1;
    const slot = before[next];
    const usable = slot !== undefined && (slot.row === row || !drawn.has(slot.row));
    if (usable) next += 1;
    if (usable && slot.row === row && slot.held === (row === held)) return slot;
    return { key: usable ? slot.key : fresh++, row, held: row === held };
  });
}

/** How far to scroll so that a row is seen whole; as it is when it is already. */
export function scrollFor(row: number, scrolled: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  const bottom = top + rowHeight;
  return bottom > scrolled + height ? bottom - height : scrolled;
}
