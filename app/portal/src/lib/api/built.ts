// Written by `npm run api` from app/openapi.json.

/** Whether the server has what a part of the portal lives on; see tools/parts.mjs. */
export const BUILT: Readonly<Record<Part, boolean>> = {
  account: true,
  email: false,
  authOptions: false,
  signUp: false,
  forgotten: false,
  reset: false,
  factors: false,
  passkeys: false,
  organization: false,
  orphans: false,
  policy: false,
  sso: false,
  members: false,
  invitations: false,
  resetLink: false,
  teams: false,
  tokens: false,
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
  | 'tokens';
