import {
  http,
  outcome,
  type CustomField,
  type NewSecret,
  type Outcome,
  type Revealed,
  type SecretChange,
  type SecretSummary,
} from './client';
import type { components } from './schema';

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
export const updateVault = (vaultId: string, body: { name: string; description: string }) =>
  outcome(http.PATCH('/api/v1/vaults/{vaultId}', { params: { path: { vaultId } }, body }));
export const deleteVault = (vaultId: string) =>
  outcome(http.DELETE('/api/v1/vaults/{vaultId}', { params: { path: { vaultId } } }));

type Secret = components['schemas']['Secret'];
const summary = (secret: Secret): SecretSummary => ({
  ...secret,
  username: secret.fields['username'] ?? '',
  url: secret.fields['url'] ?? '',
});
const summarised = (answer: Outcome<Secret>): Outcome<SecretSummary> =>
  answer.ok ? { ok: true, value: summary(answer.value) } : answer;

export async function listSecrets(vaultId: string, cursor?: string): Promise<Outcome<Page<SecretSummary>>> {
  const answer = await outcome(
    http.GET('/api/v1/vaults/{vaultId}/secrets', {
      params: { path: { vaultId }, query: { cursor, limit: PAGE } },
    }),
  );
  return answer.ok ? { ok: true, value: { ...answer.value, items: answer.value.items.map(summary) } } : answer;
}
export const createSecret = async (vaultId: string, body: NewSecret) =>
  summarised(
    await outcome(http.POST('/api/v1/vaults/{vaultId}/secrets', { params: { path: { vaultId } }, body })),
  );
export const updateSecret = async (vaultId: string, secret: SecretSummary, body: SecretChange) =>
  summarised(
    await outcome(
      http.PATCH('/api/v1/vaults/{vaultId}/secrets/{secretId}', {
        params: { path: { vaultId, secretId: secret.id }, header: { 'If-Match': `"${secret.version}"` } },
        body,
      }),
    ),
  );
/** Deletes for good, by way of the trash. One that is there already, since a proof was broken off, goes on. */
export async function deleteSecret(vaultId: string, secretId: string): Promise<Outcome<unknown>> {
  const params = { path: { vaultId, secretId } };
  const trashed = await outcome(http.DELETE('/api/v1/vaults/{vaultId}/secrets/{secretId}', { params }));
  if (!trashed.ok && trashed.problem.status !== 404) return trashed;
  return outcome(http.DELETE('/api/v1/vaults/{vaultId}/trash/{secretId}', { params }));
}
const revealField = (vaultId: string, secretId: string, field: string) =>
  outcome(
    http.POST('/api/v1/vaults/{vaultId}/secrets/{secretId}/reveal', {
      params: { path: { vaultId, secretId } },
      body: { field, purpose: 'show' },
    }),
  );
/** Everything that is concealed in a secret, field by field. */
export async function revealSecret(secret: SecretSummary): Promise<Outcome<Revealed>> {
  const values: Record<string, string> = {};
  const hidden = secret.customFields.filter((field) => field.kind === 'hidden');
  for (const field of [...secret.concealed, ...hidden.map(({ id }) => `custom:${id}`)]) {
    const answer = await revealField(secret.vaultId, secret.id, field);
    if (!answer.ok) return answer;
    values[field] = answer.value.value;
  }
  const customFields = secret.customFields.map(
    ({ id, label, kind, value }): CustomField => ({
      id,
      label,
      value: value ?? values[`custom:${id}`] ?? '',
      hidden: kind === 'hidden',
    }),
  );
  const { password = '', notes = '' } = values;
  return { ok: true, value: { password, notes, customFields } };
}

export const listAudit = (cursor?: string) =>
  outcome(http.GET('/api/v1/audit-events', { params: { query: { cursor, limit: 50 } } }));

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
