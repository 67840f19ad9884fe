import { http, outcome, type VaultRole } from './client';

/** What is shared: a vault with all of it, or one record on its own. */
export interface Shared {
  readonly vaultId: string;
  readonly secretId?: string;
}
/** With whom. */
export interface Grantee {
  readonly type: 'user' | 'team';
  readonly id: string;
}
export interface Given {
  readonly role: VaultRole;
  /** Until when; for good without it. */
  readonly expiresAt: string | null;
}

const PAGE = 100;
const VAULT = '/api/v1/vaults/{vaultId}/access' as const;
const RECORD = '/api/v1/vaults/{vaultId}/secrets/{secretId}/access' as const;
const paged = (cursor?: string) => ({ cursor, limit: PAGE });

export function access({ vaultId, secretId }: Shared, cursor?: string) {
  const query = paged(cursor);
  return secretId
    ? outcome(http.GET(RECORD, { params: { path: { vaultId, secretId }, query } }))
    : outcome(http.GET(VAULT, { params: { path: { vaultId }, query } }));
}

export function give({ vaultId, secretId }: Shared, to: Grantee, given: Given) {
  const user = to.type === 'user';
  if (secretId === undefined) {
    const path = { vaultId, userId: to.id, teamId: to.id };
    return user
      ? outcome(http.PUT(`${VAULT}/users/{userId}`, { params: { path }, body: given }))
      : outcome(http.PUT(`${VAULT}/teams/{teamId}`, { params: { path }, body: given }));
  }
  // One record on its own knows two roles.
  const body = { role: given.role === 'VIEWER' ? 'VIEWER' : 'EDITOR', expiresAt: given.expiresAt } as const;
  const path = { vaultId, secretId, userId: to.id, teamId: to.id };
  return user
    ? outcome(http.PUT(`${RECORD}/users/{userId}`, { params: { path }, body }))
    : outcome(http.PUT(`${RECORD}/teams/{teamId}`, { params: { path }, body }));
}

export function take({ vaultId, secretId }: Shared, from: Grantee) {
  const path = { vaultId, secretId: secretId ?? '', userId: from.id, teamId: from.id };
  const base = secretId === undefined ? VAULT : RECORD;
  return from.type === 'user'
    ? outcome(http.DELETE(`${base}/users/{userId}`, { params: { path } }))
    : outcome(http.DELETE(`${base}/teams/{teamId}`, { params: { path } }));
}

/** What somebody shared with this person on its own. */
export const sharedWithMe = (cursor?: string) => outcome(http.GET('/api/v1/shared-secrets', { params: { query: paged(cursor) } }));

/** Everybody who can see a record, and why. */
export const readers = (vaultId: string, secretId: string, cursor?: string) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/secrets/{secretId}/readers', { params: { path: { vaultId, secretId }, query: paged(cursor) } }));

export interface NewLink {
  readonly fields: string[];
  readonly uses: number;
  readonly expiresAt: string;
  readonly passphrase?: string;
}
const LINKS = '/api/v1/vaults/{vaultId}/secrets/{secretId}/links' as const;
export const links = (vaultId: string, secretId: string, cursor?: string) =>
  outcome(http.GET(LINKS, { params: { path: { vaultId, secretId }, query: paged(cursor) } }));
export const makeLink = (vaultId: string, secretId: string, body: NewLink) =>
  outcome(http.POST(LINKS, { params: { path: { vaultId, secretId } }, body }));
export const withdrawLink = (vaultId: string, secretId: string, linkId: string) =>
  outcome(http.DELETE(`${LINKS}/{linkId}`, { params: { path: { vaultId, secretId, linkId } } }));
/** For whoever has one, signed in or not. It counts down. */
export const openLink = (token: string, passphrase?: string) =>
  outcome(http.POST('/api/v1/links/open', { body: passphrase === undefined ? { token } : { token, passphrase } }));
