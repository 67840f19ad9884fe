import { http, outcome, type NewSecret, type Secret, type SecretChange, type SecretType } from './client';

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
  readonly sort?: 'best' | 'name' | 'updated' | 'created';
  readonly order?: 'asc' | 'desc';
}

export const secretTypes = () => outcome(http.GET('/api/v1/secret-types'));
export const search = (query: Query, cursor?: string, limit = PAGE) =>
  outcome(http.GET('/api/v1/secrets', { params: { query: { ...query, cursor, limit } } }));
export const read = (at: Place, signal?: AbortSignal) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/secrets/{secretId}', { params: path(at), ...(signal && { signal }) }));
/** The key makes a second try the same creation. */
export const create = (vaultId: string, body: NewSecret, key: string) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets', { params: { path: { vaultId }, header: { 'Idempotency-Key': key } }, body }));
/** Refused when somebody else changed the record since this version. */
export const change = (at: Place, version: number, body: SecretChange) =>
  outcome(http.PATCH('/api/v1/vaults/{vaultId}/secrets/{secretId}', { params: { ...path(at), header: { 'If-Match': `"${version}"` } }, body }));
export const reveal = (at: Place, field: string, purpose: 'show' | 'copy') =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/reveal', { params: path(at), body: { field, purpose } }));
export const code = (at: Place) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/code', { params: path(at) }));
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
