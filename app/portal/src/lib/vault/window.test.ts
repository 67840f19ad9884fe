import { describe, expect, it } from 'vitest';
import { rowsOf, scrollFor, slotsOf, spanOf, type Slot } from './window';

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

describe('the elements of the rows', () => {
  /** The rows after one another, each time with the elements of the time before; `row:element`. */
  const drawn = (...times: readonly (readonly [rows: readonly number[], held?: number])[]) =>
    times
      .reduce<readonly Slot[]>((before, [rows, held = -1]) => slotsOf(before, rows, held), [])
      .map(({ row, key }) => `${row}:${key}`)
      .join(' ');

  it('stay with their rows as far as those are drawn', () => {
    expect(drawn([[0, 1, 2]], [[1, 2, 3]])).toBe('1:1 2:2 3:3');
    expect(drawn([[1, 2, 3]], [[0, 1, 2]])).toBe('0:3 1:0 2:1');
    expect(drawn([[0, 1, 2]], [[0, 1, 2]])).toBe('0:0 1:1 2:2');
  });

  it('show other rows after a leap', () => {
    expect(drawn([[0, 1, 2]], [[70, 71, 72]])).toBe('70:0 71:1 72:2');
    expect(drawn([[0, 1, 2]], [[70, 71]], [[0, 1, 2]])).toBe('0:0 1:1 2:2');
  });

  it('keep the one that may have the focus, and the order of all', () => {
    expect(drawn([[0, 50, 51], 0], [[0, 70, 71], 0])).toBe('0:0 70:1 71:2');
    expect(drawn([[50, 51, 52], 51], [[51, 70, 71], 51])).toBe('51:1 70:2 71:3');
    expect(drawn([[50, 51, 52], 51], [[8, 9, 51], 51])).toBe('8:0 9:3 51:1');
  });

  it('give the one that had the focus to no other row', () => {
    expect(drawn([[0, 1, 2], 0], [[70, 71, 72], 72])).toBe('70:1 71:2 72:3');
    expect(drawn([[0, 1, 2], 2], [[70, 71, 72], 72])).toBe('70:0 71:1 72:3');
  });

  it('are as many as the rows, each once, however one goes through the list', () => {
    let slots: readonly Slot[] = [];
    for (const [turn, scrolled] of [0, 60, 3_000, 2_940, 600_000, 0, 599_000, 1_200].entries()) {
      const active = turn % 2 === 0 ? 3 : 10_000 + turn;
      const rows = rowsOf(spanOf(scrolled, 600, 60, 100_000), active, 100_000);
      const before = new Map(slots.map(({ key }, place) => [key, place]));
      slots = slotsOf(slots, rows, active);
      expect(slots.map(({ row }) => row)).toEqual(rows);
      expect(new Set(slots.map(({ key }) => key)).size).toBe(rows.length);
      const places = slots.map(({ key }) => before.get(key)).filter((place) => place !== undefined);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });
});
