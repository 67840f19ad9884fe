import { http, outcome, type AuditEvent } from './client';

/** What the trail is asked for. */
export interface Filter {
  readonly q?: string;
  readonly actor?: string;
  readonly actorKind?: AuditEvent['actor']['kind'];
  readonly action?: string;
  readonly result?: string;
  readonly since?: string;
  readonly until?: string;
  readonly address?: string;
}

export const listAudit = (filter: Filter, cursor?: string) =>
  outcome(http.GET('/api/v1/audit-events', { params: { query: { ...filter, cursor, limit: 50 } } }));

export type Format = 'csv' | 'jsonl' | 'ocsf';
/** The trail as a file. */
export const exportAudit = (format: Format, filter: Filter) =>
  outcome(http.POST('/api/v1/audit-events/export', { body: { format, filter }, parseAs: 'blob' }));

export const checkpoints = (cursor?: string) =>
  outcome(http.GET('/api/v1/audit-checkpoints', { params: { query: { cursor, limit: 50 } } }));
/** Seals what is written until now; the answer is the last one, where nothing is. */
export const makeCheckpoint = () => outcome(http.POST('/api/v1/audit-checkpoints'));
/** The file that an auditor keeps. */
export const checkpointFile = (checkpointId: string) =>
  outcome(http.GET('/api/v1/audit-checkpoints/{checkpointId}', { params: { path: { checkpointId } }, parseAs: 'text' }));
/** Reads the whole trail again, and compares it with checkpoints that somebody kept. */
export const verify = (kept: Record<string, never>[]) => outcome(http.POST('/api/v1/audit/verify', { body: { checkpoints: kept } }));
/** How far that is, where it takes longer than a request may, or what came of it. */
export const verification = () => outcome(http.GET('/api/v1/audit/verify'));
