import type { Secret } from '../api/client';

/** As the server has it: so long the trash keeps a record. */
const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** When a record in the trash goes for good, in words. */
export function trashEnds(record: Pick<Secret, 'trashedAt' | 'updatedAt'>, now = Date.now()): string {
  const ends = Date.parse(record.trashedAt ?? record.updatedAt) + KEPT_DAYS * DAY_MS;
  const days = Math.ceil((ends - now) / DAY_MS);
  if (days <= 0) return 'gone within the hour';
  return days === 1 ? 'one day left' : `${days} days left`;
}
