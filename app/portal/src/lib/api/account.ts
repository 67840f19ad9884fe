import {
  ask,
  type Accepted,
  type Arrival,
  type AuthOptions,
  type Ceremony,
  type CeremonyOptions,
  type Device,
  type InvitationSeen,
  type MyFactors,
  type NewTotp,
  type Page,
  type StepUpDemand,
} from './contract';
import type { Me, Outcome } from './client';

/** What the sign-in page may offer. */
export const authOptions = () => ask<AuthOptions>('get', '/auth/options');

/** Signs in by password, or gets as far as the second factor. */
export async function signIn(email: string, password: string): Promise<Outcome<Arrival>> {
  return arrived(await ask<Arrival | Me>('post', '/auth/sign-in', { body: { email, password } }));
}

/** An answer of any way to sign in. Some of them say only who came. */
export function arrived(answer: Outcome<Arrival | Me>): Outcome<Arrival> {
  if (!answer.ok || 'kind' in answer.value) return answer as Outcome<Arrival>;
  return { ok: true, value: { kind: 'signed-in', me: answer.value } };
}

type SecondFactor = { totp: string } | { recoveryCode: string };
export const secondFactor = async (ticket: string, proof: SecondFactor) =>
  arrived(await ask<Arrival | Me>('post', '/auth/second-factor', { body: { ticket, ...proof } }));
export const secondFactorOptions = (ticket: string) =>
  ask<{ options: CeremonyOptions }>('post', '/auth/second-factor/passkey/options', { body: { ticket } });
export const secondFactorPasskey = async (ticket: string, credential: unknown) =>
  arrived(await ask<Arrival | Me>('post', '/auth/second-factor/passkey', { body: { ticket, credential } }));
export const passkeyOptions = () => ask<Ceremony>('post', '/auth/passkey/options');
export const passkey = async (id: string, credential: unknown) =>
  arrived(await ask<Arrival | Me>('post', '/auth/passkey', { body: { id, credential } }));

export const signUp = (body: { email: string; name: string; password: string }) =>
  ask<unknown>('post', '/auth/sign-up', { body });
export const requestReset = (email: string) => ask<unknown>('post', '/auth/reset/request', { body: { email } });
export const reset = (token: string, password: string) =>
  ask<unknown>('post', '/auth/reset', { body: { token, password } });
/** The password is that of a sign-up; other links need none. */
export const confirmEmail = (token: string, password?: string) =>
  ask<unknown>('post', '/auth/confirm-email', { body: password === undefined ? { token } : { token, password } });
export const checkInvitation = (token: string) =>
  ask<InvitationSeen>('post', '/auth/invitations/check', { body: { token } });
export const acceptInvitation = (body: { token: string; name?: string; password?: string }) =>
  ask<Accepted>('post', '/auth/invitations/accept', { body });

export const switchOrganization = (organizationId: string) =>
  ask<Me>('post', '/auth/switch-organization', { body: { organizationId } });

export const rename = (name: string) => ask<Me>('patch', '/me', { body: { name } });
export const changeEmail = (email: string, password: string) =>
  ask<{ link: string | null }>('post', '/me/email', { body: { email, password } });
export const changePassword = (currentPassword: string, newPassword: string) =>
  ask<unknown>('post', '/me/password', { body: { currentPassword, newPassword } });

export const devices = () => ask<Page<Device>>('get', '/me/sessions');
export const revokeDevice = (sessionId: string) =>
  ask<unknown>('delete', '/me/sessions/{sessionId}', { path: { sessionId } });
export const revokeOthers = () => ask<unknown>('post', '/me/sessions/revoke-others');

export const factors = () => ask<MyFactors>('get', '/me/factors');
export const beginTotp = (name: string) => ask<NewTotp>('post', '/me/factors/totp', { body: { name } });
export const confirmTotp = (factorId: string, code: string) =>
  ask<{ recoveryCodes: string[] | null }>('post', '/me/factors/totp/{factorId}/confirm', {
    path: { factorId },
    body: { code },
  });
export const newRecoveryCodes = () => ask<{ codes: string[] }>('post', '/me/factors/recovery-codes');
export const beginPasskey = () => ask<Ceremony>('post', '/me/factors/passkeys/options');
export const addPasskey = (id: string, name: string, credential: unknown) =>
  ask<{ recoveryCodes?: string[] | null }>('post', '/me/factors/passkeys', { body: { id, name, credential } });
export const renameFactor = (factorId: string, name: string) =>
  ask<unknown>('patch', '/me/factors/{factorId}', { path: { factorId }, body: { name } });
export const removeFactor = (factorId: string) =>
  ask<unknown>('delete', '/me/factors/{factorId}', { path: { factorId } });

export const stepUp = (stepUpId: string) =>
  ask<StepUpDemand>('get', '/auth/step-up/{stepUpId}', { path: { stepUpId } });
export type StepUpProof = { totp: string } | { password: string } | { credential: unknown };
export const proveStepUp = (stepUpId: string, body: StepUpProof) =>
  ask<unknown>('post', '/auth/step-up/{stepUpId}', { path: { stepUpId }, body });
