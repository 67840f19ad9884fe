import { http, outcome, type ExposedSecret, type Outcome } from './client';

interface Page {
  readonly items: ExposedSecret[];
  readonly nextCursor?: string | null;
}

const path = (userId: string) => ({ path: { userId } });
/** Which secrets somebody has seen or used. */
export async function exposure(userId: string, cursor?: string): Promise<Outcome<Page>> {
  const call = http.GET('/api/v1/members/{userId}/exposure', { params: { ...path(userId), query: { cursor, limit: 100 } } });
  // Without asking for a table, what comes is JSON.
  return (await outcome(call)) as Outcome<Page>;
}
/** The same as a table. */
export const exposureTable = (userId: string) =>
  outcome(http.GET('/api/v1/members/{userId}/exposure', { params: path(userId), headers: { accept: 'text/csv' }, parseAs: 'blob' }));
