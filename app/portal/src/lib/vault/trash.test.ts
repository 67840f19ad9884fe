import { expect, it } from 'vitest';
import { trashEnds } from './trash';

it('says how long a record is still to be had', () => {
  const now = Date.parse('2026-11-30T12:00:00Z');
  const at = (trashedAt: string) => trashEnds({ trashedAt, updatedAt: '' }, now);
  expect(at('2026-11-30T11:00:00Z')).toBe('30 days left');
  expect(at('2026-11-01T12:00:01Z')).toBe('2 days left');
  expect(at('2026-10-31T13:00:00Z')).toBe('one day left');
  expect(at('2026-10-31T12:00:00Z')).toBe('gone within the hour');
});
