import { http, outcome, type Credential, type StepUpProof } from './client';

/** What the sign-in page may offer. */
export const authOptions = () => outcome(http.GET('/api/v1/auth/options'));

/** Signs in by password, or gets as far as the second factor. */
export const signIn = (email: string, password: string) =>
  outcome(http.POST('/api/v1/auth/sign-in', { body: { email, password } }));
export const secondFactor = (ticket: string, proof: { totp: string } | { recoveryCode: string }) =>
  outcome(http.POST('/api/v1/auth/second-factor', { body: { ticket, ...proof } }));
export const secondFactorOptions = (ticket: string) =>
  outcome(http.POST('/api/v1/auth/second-factor/passkey/options', { body: { ticket } }));
export const secondFactorPasskey = (ticket: string, credential: Credential) =>
  outcome(http.POST('/api/v1/auth/second-factor/passkey', { body: { ticket, credential } }));
export const passkeyOptions = () => outcome(http.POST('/api/v1/auth/passkey/options'));
export const passkey = (id: string, credential: Credential) =>
  outcome(http.POST('/api/v1/auth/passkey', { body: { id, credential } }));

export const signUp = (body: { email: string; name: string; password: string }) =>
  outcome(http.POST('/api/v1/auth/sign-up', { body }));
export const requestReset = (email: string) => outcome(http.POST('/api/v1/auth/reset/request', { body: { email } }));
export const reset = (token: string, password: string) =>
  outcome(http.POST('/api/v1/auth/reset', { body: { token, password } }));
/** The password is that of a sign-up; other links need none. */
export const confirmEmail = (token: string, password?: string) =>
  outcome(http.POST('/api/v1/auth/confirm-email', { body: password === undefined ? { token } : { token, password } }));
export const checkInvitation = (token: string) =>
  outcome(http.POST('/api/v1/auth/invitations/check', { body: { token } }));
export const acceptInvitation = (body: { token: string; name?: string; password?: string }) =>
  outcome(http.POST('/api/v1/auth/invitations/accept', { body }));

export const switchOrganization = (organizationId: string) =>
  outcome(http.POST('/api/v1/auth/switch-organization', { body: { organizationId } }));

export const rename = (name: string) => outcome(http.PATCH('/api/v1/me', { body: { name } }));
export const changeEmail = (email: string, password: string) =>
  outcome(http.POST('/api/v1/me/email', { body: { email, password } }));
export const changePassword = (currentPassword: string, newPassword: string) =>
  outcome(http.POST('/api/v1/me/password', { body: { currentPassword, newPassword } }));

export const devices = () => outcome(http.GET('/api/v1/me/sessions'));
export const revokeDevice = (sessionId: string) =>
  outcome(http.DELETE('/api/v1/me/sessions/{sessionId}', { params: { path: { sessionId } } }));
export const revokeOthers = () => outcome(http.POST('/api/v1/me/sessions/revoke-others'));

export const factors = () => outcome(http.GET('/api/v1/me/factors'));
export const beginTotp = (name: string) => outcome(http.POST('/api/v1/me/factors/totp', { body: { name } }));
export const confirmTotp = (factorId: string, code: string) =>
  outcome(http.POST('/api/v1/me/factors/totp/{factorId}/confirm', { params: { path: { factorId } }, body: { code } }));
export const newRecoveryCodes = () => outcome(http.POST('/api/v1/me/factors/recovery-codes'));
export const beginPasskey = () => outcome(http.POST('/api/v1/me/factors/passkeys/options'));
export const addPasskey = (id: string, name: string, credential: Credential) =>
  outcome(http.POST('/api/v1/me/factors/passkeys', { body: { id, name, credential } }));
export const renameFactor = (factorId: string, name: string) =>
  outcome(http.PATCH('/api/v1/me/factors/{factorId}', { params: { path: { factorId } }, body: { name } }));
export const removeFactor = (factorId: string) =>
  outcome(http.DELETE('/api/v1/me/factors/{factorId}', { params: { path: { factorId } } }));

export const stepUp = (stepUpId: string) =>
  outcome(http.GET('/api/v1/auth/step-up/{stepUpId}', { params: { path: { stepUpId } } }));
export const proveStepUp = (stepUpId: string, body: StepUpProof) =>
  outcome(http.POST('/api/v1/auth/step-up/{stepUpId}', { params: { path: { stepUpId } }, body }));
