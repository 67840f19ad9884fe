import { http, outcome } from './client';

const path = (userId: string) => ({ path: { userId } });
/** Which secrets somebody has seen or used. */
export const exposure = (userId: string, cursor?: string) =>
  outcome(http.GET('/api/v1/members/{userId}/exposure', { params: { ...path(userId), query: { cursor, limit: 100 } } }));
/** The same as a table. */
export const exposureTable = (userId: string) =>
  outcome(http.GET('/api/v1/members/{userId}/exposure', { params: path(userId), headers: { accept: 'text/csv' }, parseAs: 'blob' }));
