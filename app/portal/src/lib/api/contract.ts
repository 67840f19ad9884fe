import { http, outcome, type Me, type Outcome } from './client';

/*
 * Answers of routes that the OpenAPI document does not describe yet, as they were agreed on. A type
 * goes from here to `client.ts` as soon as the schema has it.
 */

/** What proves that it is really this person. */
export type Method = 'totp' | 'passkey' | 'recovery-code' | 'password';

export interface Membership {
  id: string;
  name: string;
  role: string;
}
/** What `GET /me` says besides who somebody is. */
export interface MeMore {
  organizations?: Membership[];
  secondFactor?: { enrolled: boolean; requiredFrom?: string | null | undefined; mustEnrol: boolean };
}
export type SecondFactorStep = { kind: 'second-factor'; ticket: string; methods: Method[]; expiresAt: string };
export type Arrival = { kind: 'signed-in'; me: Me } | SecondFactorStep;
/** An invitation was taken up by somebody who has still to sign in, or to be confirmed. */
export type Accepted = Arrival | { kind: 'sign-in' } | { kind: 'awaiting-confirmation' };

export interface AuthOptions {
  signUp: boolean;
  mail: boolean;
  passkeys: boolean;
}
export interface Device {
  id: string;
  current: boolean;
  createdAt: string;
  lastSeenAt: string;
  address: string | null;
  userAgent: string | null;
  factors: string[];
}
export interface Factor {
  id: string;
  name: string;
  createdAt: string;
  lastUsedAt: string | null;
  backedUp?: boolean;
  suspended?: boolean;
}
export interface MyFactors {
  totp: Factor[];
  passkeys: Factor[];
  recoveryCodes: { left: number };
}
export interface NewTotp {
  id: string;
  secret: string;
  uri: string;
  qrSvg: string;
}
/** What the browser is asked for; `webauthn-rs` wraps it in `publicKey`. */
export type CeremonyOptions = Record<string, unknown>;
export interface Ceremony {
  id: string;
  options: CeremonyOptions;
}
export interface StepUpDemand {
  summary: string;
  methods: Method[];
  passkeyOptions: CeremonyOptions | null;
  expiresAt: string;
}

export interface Person {
  id: string;
  name: string;
  email: string;
}
export type OrgRole = 'owner' | 'admin' | 'member';
export interface Member {
  user: Person;
  role: OrgRole;
  state: string;
  secondFactor: boolean | null;
  joinedAt: string | null;
}
export interface Invitation {
  id: string;
  email: string;
  role: OrgRole;
  expiresAt: string;
  state: string;
}
export interface InvitationSent {
  invitation: Invitation;
  link: string | null;
}
export interface InvitationSeen {
  organization: string;
  email: string;
  inviter: string | null;
  role: OrgRole;
  hasAccount: boolean;
}
export type TeamRole = 'VIEWER' | 'EDITOR' | 'ADMIN' | 'OWNER';
export interface Team {
  id: string;
  name: string;
  description: string;
  memberCount?: number;
}
export interface TeamMember {
  user: Person;
  role: TeamRole;
}
export interface ApiToken {
  id: string;
  name: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  user?: { id: string; name: string };
}
export interface Policy {
  requireSecondFactor: boolean;
  secondFactorGraceDays: number;
  sessionIdleMin: number | null;
  sessionAbsoluteHours: number | null;
  signUpDomains: string[];
  autoConfirm: boolean;
}

export interface OrphanedVault {
  id: string;
  name: string;
  secretCount: number;
  createdAt: string;
}

export interface Page<T> {
  items: T[];
  nextCursor?: string | null;
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
interface Sent {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
}
interface Untyped {
  request(verb: Verb, path: string, init: unknown): Promise<{ data?: unknown; error?: unknown; response: Response }>;
}

/** A call whose types stand above, by way of the same client. */
export function ask<T>(verb: Verb, path: string, { path: names, query, body }: Sent = {}): Promise<Outcome<T>> {
  const init = { params: { path: names, query }, ...(body === undefined ? {} : { body }) };
  return outcome((http as unknown as Untyped).request(verb, `/api/v1${path}`, init)) as Promise<Outcome<T>>;
}
