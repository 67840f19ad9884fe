import { afterEach, describe, expect, it } from 'vitest';
import { announcement, inDays, isPutAside, putAside, type Term } from './licence';

const day = (at: string) => at.slice(0, 10);
const term: Term = {
  standing: 'valid',
  daysLeft: 200,
  tier: 'team',
  seats: 25,
  seatsUsed: 12,
  notBefore: '2026-01-01T00:00:00Z',
  expires: '2027-01-01T00:00:00Z',
  graceEnds: '2027-01-15T00:00:00Z',
};
const said = (part: Partial<Term>) => announcement({ ...term, ...part }, day);

describe('the licence', () => {
  it.each([
    [200, undefined, undefined],
    [31, undefined, undefined],
    [30, 'ends-30', true],
    [15, 'ends-30', true],
    [14, 'ends-14', true],
    [8, 'ends-14', true],
    [7, 'ends-7', false],
    [0, 'ends-7', false],
  ])('with %i days left says %s', (daysLeft, key, dismissible) => {
    const found = said({ daysLeft });
    expect(found?.key).toBe(key);
    expect(found?.dismissible).toBe(dismissible);
  });

  it.each(['grace', 'lapsed', 'not-yet-valid', 'wrong-host'])('cannot be put aside when it is %s', (standing) => {
    const found = said({ standing, daysLeft: standing === 'grace' ? 3 : null });
    expect(found?.dismissible).toBe(false);
    expect(found?.text).toContain('nothing is deleted');
    putAside(found!);
    expect(isPutAside(found!)).toBe(false);
  });

  it('says when', () => {
    expect(said({ daysLeft: 20 })?.title).toBe('The licence ends in 20 days');
    expect(said({ daysLeft: 20 })?.text).toContain('on 2027-01-01');
    expect(said({ daysLeft: 1 })?.title).toBe('The licence ends tomorrow');
    const grace = said({ standing: 'grace', daysLeft: 1 });
    expect(grace?.title).toContain('for one more day');
    expect(grace?.text).toContain('apply from 2027-01-15 on');
    expect([inDays(0), inDays(1), inDays(2)]).toEqual(['today', 'tomorrow', 'in 2 days']);
  });

  it('says that there are more people than seats, and that nobody loses access', () => {
    expect(said({ seatsUsed: 25 })).toBeNull();
    expect(said({ seatsUsed: 26 })?.text).toContain('Nobody loses access');
    expect(said({ seats: null, seatsUsed: 1000 })).toBeNull();
  });

  it('is silent without one', () => {
    expect(said({ standing: 'unlicensed', daysLeft: null, seats: null })).toBeNull();
  });
});

describe('a notice that was put aside', () => {
  afterEach(() => localStorage.clear());
  const notice = said({ daysLeft: 20 })!;
  const monday = new Date(2026, 10, 23, 9);

  it('comes back the next day, and with the next step', () => {
    expect(isPutAside(notice, monday)).toBe(false);
    putAside(notice, monday);
    expect(isPutAside(notice, new Date(2026, 10, 23, 23, 59))).toBe(true);
    expect(isPutAside(notice, new Date(2026, 10, 24, 0, 1))).toBe(false);
    expect(isPutAside(said({ daysLeft: 10 })!, monday)).toBe(false);
  });
});
