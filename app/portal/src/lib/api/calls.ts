import { http, outcome, type Outcome } from './client';

/** The most items one page of the API holds. */
const PAGE = 100;

export const meta = () => outcome(http.GET('/api/v1/meta'));
export const me = () => outcome(http.GET('/api/v1/me'));
export const license = () => outcome(http.GET('/api/v1/license'));

export const signOut = () => outcome(http.POST('/api/v1/auth/sign-out'));

export interface Setup {
  token: string;
  organizationName: string;
  name: string;
  email: string;
  password: string;
}
export const checkSetup = (token: string) =>
  outcome(http.POST('/api/v1/setup/check', { body: { token } }));
export const setUp = (body: Setup) => outcome(http.POST('/api/v1/setup', { body }));

export const listVaults = (cursor?: string) =>
  outcome(http.GET('/api/v1/vaults', { params: { query: { cursor, limit: PAGE } } }));
export const readVault = (vaultId: string) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}', { params: { path: { vaultId } } }));
export const createVault = (body: { name: string; description: string }) =>
  outcome(http.POST('/api/v1/vaults', { body }));
/** From the version that was seen: what somebody else has changed since is not overwritten. */
export const updateVault = ({ id, version }: { id: string; version: number }, body: { name: string; description: string }) =>
  outcome(http.PATCH('/api/v1/vaults/{vaultId}', { params: { path: { vaultId: id }, header: { 'If-Match': `"${version}"` } }, body }));
export const deleteVault = (vaultId: string) =>
  outcome(http.DELETE('/api/v1/vaults/{vaultId}', { params: { path: { vaultId } } }));

interface Page<T> {
  items: T[];
  nextCursor?: string | null;
}

/** Every item of a list, page after page. */
export async function all<T>(page: (cursor?: string) => Promise<Outcome<Page<T>>>): Promise<Outcome<T[]>> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.nextCursor ?? undefined;
  } while (cursor);
  return { ok: true, value: items };
}
