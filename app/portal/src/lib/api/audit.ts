import { http, outcome, type AuditFilter } from './client';

/** What the trail is asked for. */
export type Filter = AuditFilter;

export const listAudit = (filter: Filter, cursor?: string) =>
  outcome(http.GET('/api/v1/audit-events', { params: { query: { ...filter, cursor, limit: 50 } } }));

export type Format = 'csv' | 'jsonl' | 'ocsf';
/** The trail as a file. */
export const exportAudit = (format: Format, filter: Filter) =>
  outcome(http.POST('/api/v1/audit-events/export', { body: { format, filter }, parseAs: 'blob' }));
