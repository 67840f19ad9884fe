import { http, outcome, type ImportFile, type Outcome } from './client';

/** What would come of a file; nothing is stored. */
export const preview = (vaultId: string, body: ImportFile) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/import/preview', { params: { path: { vaultId } }, body }));
/** All that was asked for, or nothing. */
export const importFile = (vaultId: string, body: ImportFile) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/secrets/import', { params: { path: { vaultId } }, body }));

export interface Exported {
  readonly file: Blob;
  /** How many are not in it, because they may only be used. */
  readonly leftOut: number;
}
/** The secrets of a vault as an encrypted file. */
export async function exportVault(vaultId: string, passphrase: string): Promise<Outcome<Exported>> {
  let left: string | null = null;
  const call = http.POST('/api/v1/vaults/{vaultId}/export', { params: { path: { vaultId } }, body: { passphrase }, parseAs: 'blob' });
  const answer = await outcome(
    call.then((given) => {
      left = given.response.headers.get('vaultterm-left-out');
      return given;
    }),
  );
  if (!answer.ok) return answer;
  const ids = ((left as string | null) ?? '').split(',').filter(Boolean);
  return { ok: true, value: { file: answer.value as unknown as Blob, leftOut: ids.length } };
}

export const health = (vaultId: string, oldAfterDays: number) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/health', { params: { path: { vaultId }, query: { oldAfterDays } } }));
/** Looks for passwords in the operator's list of breached ones; the trail has that they were opened for it. */
export const breachCheck = (vaultId: string) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/breach-check', { params: { path: { vaultId } } }));
