import type { Outcome } from '../lib/api/client';
import { networkProblem, problemFrom } from '../lib/problem';

/* The admin plane has no published description; these are its answers. */

export interface License {
  readonly standing: string;
  readonly daysLeft: number | null;
  readonly tier: string;
  readonly effectiveTier: string;
  readonly customer: string | null;
  /** How many people may be members now. */
  readonly seats: number | null;
  readonly seatsBought: number | null;
  readonly seatsUsed: number;
  readonly auditDays: number | null;
  readonly features: readonly string[];
  readonly notBefore: string | null;
  readonly expires: string | null;
  readonly graceEnds: string | null;
}
export interface LicenseDetail {
  readonly id: string;
  readonly counter: number;
  readonly keyId: string;
  readonly mldsaKeyId: string | null;
  readonly algorithm: string;
  readonly digest: string;
  readonly issued: string;
  readonly maintenanceEnds: string;
  readonly boundHosts: number;
  readonly boundHere: boolean | null;
}
export interface Refusal {
  readonly at: string;
  readonly source: 'file' | 'upload' | 'database';
  readonly kind: string;
  readonly why: string;
}
export interface Heartbeat {
  readonly url: string;
  readonly message: Readonly<Record<string, unknown>>;
}
/** The licence with everything that is known of it. */
export interface Panel extends License {
  readonly detail: LicenseDetail | null;
  readonly notice: { readonly kind: string; readonly sentence: string } | null;
  readonly refused: Refusal | null;
  readonly canUpload: boolean;
  readonly heartbeat: Heartbeat | null;
}
export interface PlatformEvent {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface Dependency {
  readonly ok: boolean;
  readonly version: string | null;
}
export interface Overview {
  readonly version: string;
  readonly keys: string;
  readonly uptimeSec?: number;
  readonly license: License;
  readonly dependencies: Readonly<Record<'database' | 'cache', Dependency>>;
  /** Null when the installer has told of none. */
  readonly backup?: Backup | null;
}
export interface Migrations {
  readonly status: { readonly applied: number; readonly newest: number; readonly pending: readonly number[] };
  readonly at: string;
}
/** The newest backup that the installer has told of. */
export interface Backup {
  readonly at: string;
  readonly bytes: number | null;
}

/** Who operates the installation. */
export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}
export interface PlatformAdmin extends Operator {
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSignedInAt: string | null;
  readonly deactivatedAt: string | null;
}
export interface PlatformSession {
  readonly id: string;
  readonly admin: Operator;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly address: string;
  readonly userAgent: string;
}
/** Whose link it is, unless whoever opens it says so; the name of somebody who is known already. */
export interface LinkView {
  readonly email: string | null;
  readonly name: string | null;
}

export type OrganizationState = 'open' | 'suspended' | 'waiting' | 'erasing';
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly state: OrganizationState;
  readonly suspendedAt: string | null;
  readonly eraseAt: string | null;
  readonly members: number;
  readonly pending: number;
  readonly former: number;
  readonly secrets: number;
}
/** An organisation whose first owner is asked to come. */
export interface Founded {
  readonly organization: Organization;
  readonly link: { readonly url: string; readonly email: string; readonly expiresAt: string };
}
export interface Person extends Operator {
  readonly role: string;
  readonly state: string;
}
export interface Membership {
  readonly id: string;
  readonly name: string;
  readonly standing: OrganizationState;
  readonly role: string;
  readonly state: string;
}
export interface Account extends Operator {
  readonly organizations: readonly Membership[];
}
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const listeners = new Set<() => void>();

/** Calls back whenever an answer says that nobody is signed in. */
export function onSignedOut(listener: () => void): void {
  listeners.add(listener);
}

async function call<T>(method: string, path: string, body?: Blob | object): Promise<Outcome<T>> {
  const json = body !== undefined && !(body instanceof Blob);
  let response: Response;
  try {
    response = await fetch(`/admin/api/${path}`, {
      method,
      ...(body !== undefined && { body: json ? JSON.stringify(body) : (body as Blob) }),
      headers: json ? { 'content-type': 'application/json' } : {},
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
  } catch {
    return { ok: false, problem: networkProblem() };
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return { ok: true, value: answer as T };
  const problem = problemFrom(response, answer);
  if (problem.code === 'not-signed-in') for (const listener of listeners) listener();
  return { ok: false, problem };
}

const get = <T>(path: string) => call<T>('GET', path);
const post = <T>(path: string, body: Blob | object = {}) => call<T>('POST', path, body);

export const me = () => get<Operator>('me');
export const signIn = (email: string, password: string) => post<Operator>('sign-in', { email, password });
export const signOut = () => post<null>('sign-out');
export const checkLink = (token: string) => post<LinkView>('link/check', { token });
export const useLink = (token: string, email: string, name: string, password: string) =>
  post<Operator>('link/enter', { token, email, name, password });
export const changePassword = (currentPassword: string, newPassword: string) =>
  post<null>('me/password', { currentPassword, newPassword });

export const admins = () => get<{ items: readonly PlatformAdmin[] }>('admins');
export const deactivate = (id: string) => post<null>(`admins/${id}/deactivate`);
export const sessions = () => get<{ items: readonly PlatformSession[] }>('sessions');
export const revoke = (id: string) => call<null>('DELETE', `sessions/${id}`);

export const overview = () => get<Overview>('overview');
export const migrations = () => get<Migrations>('migrations');
export const license = () => get<Panel>('license');
/** Hands another licence over. */
export const uploadLicense = (file: Blob) => post<Panel>('license', file);
export const events = () => get<{ items: readonly PlatformEvent[] }>('events');

const after = (cursor: string | null, more: Record<string, string> = {}) =>
  new URLSearchParams({ ...more, ...(cursor && { cursor }) }).toString();
export const organizations = (words: string, cursor: string | null) =>
  get<Page<Organization>>(`organizations?${after(cursor, words ? { q: words } : {})}`);
export const found = (name: string, ownerEmail: string) => post<Founded>('organizations', { name, ownerEmail });
export const askOwner = (id: string, ownerEmail: string) =>
  post<Founded>(`organizations/${id}/owner-link`, { ownerEmail });
export const organization = (id: string) => get<Organization>(`organizations/${id}`);
export const suspend = (id: string, reason: string) => post<Organization>(`organizations/${id}/suspend`, { reason });
export const resume = (id: string) => post<Organization>(`organizations/${id}/resume`);
export const erase = (id: string, name: string) => post<Organization>(`organizations/${id}/erasure`, { name });
export const keep = (id: string) => call<Organization>('DELETE', `organizations/${id}/erasure`);
export const people = (id: string, cursor: string | null) =>
  get<Page<Person>>(`organizations/${id}/people?${after(cursor)}`);
export const searchPeople = (email: string) => post<{ account: Account | null }>('people/search', { email });
