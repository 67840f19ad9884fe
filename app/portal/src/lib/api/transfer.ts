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
  /** How many are not in it, because they do not open. */
  readonly unreadable: number;
}
/** The secrets of a vault as an encrypted file. */
export async function exportVault(vaultId: string, passphrase: string): Promise<Outcome<Exported>> {
  const named = (response: Response, header: string) => (response.headers.get(header) ?? '').split(',').filter(Boolean).length;
  let [all, unreadable] = [0, 0];
  const call = http.POST('/api/v1/vaults/{vaultId}/export', { params: { path: { vaultId } }, body: { passphrase }, parseAs: 'blob' });
  const answer = await outcome(
    call.then((given) => {
      all = named(given.response, 'vaultterm-left-out');
      unreadable = named(given.response, 'vaultterm-unreadable');
      return given;
    }),
  );
  if (!answer.ok) return answer;
  return { ok: true, value: { file: answer.value as unknown as Blob, leftOut: all - unreadable, unreadable } };
}

export const health = (vaultId: string, oldAfterDays: number) =>
  outcome(http.GET('/api/v1/vaults/{vaultId}/health', { params: { path: { vaultId }, query: { oldAfterDays } } }));
/** Looks for passwords in the operator's list of breached ones; the trail has that they were opened for it. */
export const breachCheck = (vaultId: string) =>
  outcome(http.POST('/api/v1/vaults/{vaultId}/breach-check', { params: { path: { vaultId } } }));
