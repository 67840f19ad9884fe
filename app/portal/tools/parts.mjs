// The parts of the portal, and the routes of the API that each of them lives on. A part whose routes
// the server does not have is neither linked nor reachable.
export const PARTS = {
  account: ['PATCH /me', 'POST /me/password', 'GET /me/sessions', 'DELETE /me/sessions/{sessionId}'],
  email: ['POST /me/email', 'POST /auth/confirm-email'],
  authOptions: ['GET /auth/options'],
  signUp: ['POST /auth/sign-up'],
  forgotten: ['POST /auth/reset/request', 'POST /auth/reset'],
  reset: ['POST /auth/reset'],
  factors: ['GET /me/factors', 'POST /me/factors/totp', 'POST /me/factors/passkeys'],
  passkeys: ['POST /auth/passkey/options', 'POST /auth/passkey'],
  organization: ['GET /organization', 'PATCH /organization', 'POST /organization/leave', 'POST /organization/transfer'],
  orphans: ['GET /organization/orphaned-vaults', 'POST /organization/orphaned-vaults/{vaultId}/adopt'],
  policy: ['GET /organization/policy', 'PATCH /organization/policy'],
  sso: ['POST /auth/sso/start', 'GET /organization/sso', 'PUT /organization/sso', 'DELETE /organization/sso'],
  members: ['GET /members', 'PATCH /members/{userId}', 'DELETE /members/{userId}'],
  invitations: ['GET /invitations', 'POST /invitations', 'POST /auth/invitations/accept'],
  resetLink: ['POST /members/{userId}/reset-link', 'POST /auth/reset'],
  teams: ['GET /teams', 'POST /teams', 'GET /teams/{teamId}/members', 'PUT /teams/{teamId}/members/{userId}'],
  secrets: ['GET /secrets', 'GET /secret-types', 'POST /vaults/{vaultId}/secrets/bulk'],
  sharing: ['GET /vaults/{vaultId}/access', 'GET /vaults/{vaultId}/secrets/{secretId}/access', 'GET /vaults/{vaultId}/secrets/{secretId}/readers'],
  shared: ['GET /shared-secrets'],
  links: ['POST /links/open', 'GET /vaults/{vaultId}/secrets/{secretId}/links', 'POST /vaults/{vaultId}/secrets/{secretId}/links'],
  import: ['POST /vaults/{vaultId}/secrets/import/preview', 'POST /vaults/{vaultId}/secrets/import'],
  export: ['POST /vaults/{vaultId}/export'],
  health: ['GET /vaults/{vaultId}/health', 'POST /vaults/{vaultId}/breach-check'],
  checkpoints: ['GET /audit-checkpoints', 'POST /audit-checkpoints', 'POST /audit/verify'],
  attachments: ['GET /vaults/{vaultId}/secrets/{secretId}/attachments', 'POST /vaults/{vaultId}/secrets/{secretId}/attachments'],
  exposure: ['GET /members/{userId}/exposure'],
  generate: ['POST /generate'],
  tokens: ['GET /tokens', 'POST /tokens', 'DELETE /tokens/{tokenId}'],
};

/** Which parts a description of the API carries, as source text. */
export function built(document) {
  const has = (route) => {
    const [verb, path] = route.split(' ');
    return document.paths[`/api/v1${path}`]?.[verb.toLowerCase()] !== undefined;
  };
  const lines = Object.entries(PARTS).map(([part, routes]) => `  ${part}: ${routes.every(has)},`);
  return `/** Whether the server has what a part of the portal lives on; see tools/parts.mjs. */
export const BUILT: Readonly<Record<Part, boolean>> = {
${lines.join('\n')}
};

export type Part =
${Object.keys(PARTS).map((part) => `  | '${part}'`).join('\n')};
`;
}
