// Written by `npm run api` from app/openapi.json.

/** Whether the server has what a part of the portal lives on; see tools/parts.mjs. */
export const BUILT: Readonly<Record<Part, boolean>> = {
  account: true,
  email: true,
  authOptions: true,
  signUp: true,
  forgotten: true,
  reset: true,
  factors: true,
  passkeys: true,
  organization: true,
  orphans: true,
  policy: true,
  sso: true,
  members: true,
  invitations: true,
  resetLink: true,
  teams: true,
  secrets: true,
  sharing: true,
  shared: true,
  links: true,
  import: true,
  export: true,
  health: true,
  checkpoints: true,
  attachments: true,
  exposure: true,
  generate: true,
  tokens: true,
};

export type Part =
  | 'account'
  | 'email'
  | 'authOptions'
  | 'signUp'
  | 'forgotten'
  | 'reset'
  | 'factors'
  | 'passkeys'
  | 'organization'
  | 'orphans'
  | 'policy'
  | 'sso'
  | 'members'
  | 'invitations'
  | 'resetLink'
  | 'teams'
  | 'secrets'
  | 'sharing'
  | 'shared'
  | 'links'
  | 'import'
  | 'export'
  | 'health'
  | 'checkpoints'
  | 'attachments'
  | 'exposure'
  | 'generate'
  | 'tokens';
