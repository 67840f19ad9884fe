import { http, outcome } from './client';
import type { Place } from './records';

const FILES = '/api/v1/vaults/{vaultId}/secrets/{secretId}/attachments' as const;
const path = ({ vaultId, id }: Place) => ({ vaultId, secretId: id });

export const attachments = (at: Place, cursor?: string) =>
  outcome(http.GET(FILES, { params: { path: path(at), query: { cursor, limit: 100 } } }));
/** The file goes as it is, and is sealed as it comes. */
export const attach = (at: Place, file: File) =>
  outcome(
    http.POST(FILES, {
      params: { path: path(at), query: { name: file.name } },
      body: file as never,
      bodySerializer: (body: unknown) => body as BodyInit,
      headers: { 'content-type': 'application/octet-stream' },
    }),
  );
export const fetchAttachment = (at: Place, attachmentId: string) =>
  outcome(http.GET(`${FILES}/{attachmentId}`, { params: { path: { ...path(at), attachmentId } }, parseAs: 'blob' }));
export const detach = (at: Place, attachmentId: string) =>
  outcome(http.DELETE(`${FILES}/{attachmentId}`, { params: { path: { ...path(at), attachmentId } } }));
