import { matches } from '../search';
import { http, outcome, type NewSecret, type Outcome, type Secret, type SecretChange, type SecretType } from './client';

/** The most items one page of the API holds. */
export const PAGE = 100;

/** Which record: the vault that it is in, and its own id. */
export type Place = Pick<Secret, 'id' | 'vaultId'>;
const path = ({ vaultId, id }: Place) => ({ path: { vaultId, secretId: id } });

/** What is asked of the search. */
export interface Query {
  readonly q?: string;
  readonly vaultId?: string;
  readonly type?: SecretType;
  readonly tag?: string;
  readonly favourite?: boolean;
  readonly sort?: 'name' | 'updated' | 'created';
  readonly order?: 'asc' | 'desc';
}

export const secretTypes = () => outcome(http.GET('/api/v1/secret-types'));
/** One page of a vault, newest first. The words are looked for here, page after page until some are found. */
export async function search(query: Query, from?: string): Promise<Outcome<{ items: Secret[]; nextCursor?: string | null }>> {
  const { vaultId = '', q = '', type, tag, favourite } = query;
  let cursor = from;
  for (;;) {
    const params = { path: { vaultId }, query: { type, tag, favourite, cursor, limit: PAGE } };
    const answer = await outcome(http.GET('/api/v1/vaults/{vaultId}/secrets', { params }));
    if (!answer.ok) return answer;
    const items = answer.value.items.filter((record) => matches(record, q));
    cursor = answer.value.nextCursor ?? undefined;
    if (items.length > 0 || cursor === undefined) return { ok: true, value: { items, nextCursor: cursor } };
  }
}
export const read = (at: Place) => outcome(http.GET('/api/v1/vaults/{vaultId}/secrets/{secretId}', { params: path(at) }));
/** The key makes a second try the same creation. */
export const create = (vaultId: string, body: NewSecret, key: string) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets', { params: { path: { vaultId }, header: { 'Idempotency-Key': key } }, body }));
/** Refused when somebody else changed the record since this version. */
export const change = (at: Place, version: number, body: SecretChange) =>
  outcome(http.PATCH('/api/v1/vaults/{vaultId}/secrets/{secretId}', { params: { ...path(at), header: { 'If-Match': `"${version}"` } }, body }));
export const reveal = (at: Place, field: string, purpose: 'show' | 'copy') =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/reveal', { params: path(at), body: { field, purpose } }));
export const star = (at: Place, on: boolean) =>
  on
    ? outcome(http.PUT('/api/v1/vaults/{vaultId}/secrets/{secretId}/favourite', { params: path(at) }))
    : outcome(http.DELETE('/api/v1/vaults/{vaultId}/secrets/{secretId}/favourite', { params: path(at) }));

export const trash = (vaultId: string, cursor?: string) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/trash', { params: { path: { vaultId }, query: { cursor, limit: PAGE } } }));
export const destroy = (at: Place) =>
  outcome(http.DELETE('/api/v1/vaults/{vaultId}/trash/{secretId}', { params: path(at) }));

/** What is done with several records of one vault, all or none. */
export type Bulk =
  | { readonly action: 'trash' | 'restore' }
  | { readonly action: 'move'; readonly to: string }
  | { readonly action: 'tag' | 'untag'; readonly tag: string };
/** The most records of one request. */
export const BULK = 500;
export const bulk = (vaultId: string, ids: string[], what: Bulk) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/bulk', { params: { path: { vaultId } }, body: { ids, ...what } }));

export const versions = (at: Place, cursor?: string) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/secrets/{secretId}/versions', { params: { ...path(at), query: { cursor, limit: PAGE } } }));
const version = (at: Place, number: number) => ({ path: { ...path(at).path, version: number } });
export const revealVersion = (at: Place, number: number, field: string) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/versions/{version}/reveal', { params: version(at, number), body: { field, purpose: 'show' } }));
/** Refused when somebody else changed the record since `seen`. */
export const restoreVersion = (at: Place, number: number, seen: number) =>
  outcome(
    http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/versions/{version}/restore', {
      params: { ...version(at, number), header: { 'If-Match': `"${seen}"` } },
    }),
  );
