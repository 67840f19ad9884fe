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

/** How far to scroll so that a row is seen whole; as it is when it is already. */
export function scrollFor(row: number, scrolled: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  const bottom = top + rowHeight;
  return bottom > scrolled + height ? bottom - height : scrolled;
}
