import { describe, expect, it } from 'vitest';
import { rowsOf, scrollFor, spanOf } from './window';

describe('the rows that are drawn', () => {
  it.each([
    ['at the top', 0, { from: 0, to: 19 }],
    ['in the middle of a hundred thousand', 3_000_000, { from: 49_992, to: 50_019 }],
    ['at the end', 5_999_400, { from: 99_982, to: 100_000 }],
    ['past the end, as a phone bounces', 7_000_000, { from: 100_000, to: 100_000 }],
    ['above the top', -80, { from: 0, to: 19 }],
  ])('are few %s', (_, scrolled, span) => {
    expect(spanOf(scrolled, 600, 60, 100_000)).toEqual(span);
  });

  it('are none where there is nothing to draw or nowhere', () => {
    expect(spanOf(0, 600, 60, 0)).toEqual({ from: 0, to: 0 });
    expect(spanOf(100, 600, 0, 5)).toEqual({ from: 0, to: 0 });
    expect(rowsOf(spanOf(0, 600, 60, 3), -1, 3)).toEqual([0, 1, 2]);
  });

  it('keep the row that has the focus, wherever it is', () => {
    expect(rowsOf({ from: 10, to: 13 }, 2, 50)).toEqual([2, 10, 11, 12]);
    expect(rowsOf({ from: 10, to: 13 }, 40, 50)).toEqual([10, 11, 12, 40]);
    expect(rowsOf({ from: 10, to: 13 }, 11, 50)).toEqual([10, 11, 12]);
    expect(rowsOf({ from: 10, to: 13 }, 50, 50)).toEqual([10, 11, 12]);
  });
});

describe('scrolling to a row', () => {
  it('moves no further than it must', () => {
    expect(scrollFor(5, 0, 600, 60)).toBe(0);
    expect(scrollFor(10, 0, 600, 60)).toBe(60);
    expect(scrollFor(3, 600, 600, 60)).toBe(180);
  });
});
