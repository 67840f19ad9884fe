import createClient from 'openapi-fetch';
import { networkProblem, problemFrom, type Problem } from '../problem';
import type { components, paths } from './schema';
import { proven } from './step-up';

type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Meta = Schemas['Meta'];
export type License = Schemas['License'];
export type Vault = Schemas['Vault'];
export type VaultRole = Schemas['VaultRole'];
export type OrphanedVault = Schemas['OrphanedVault'];
export type Secret = Schemas['Secret'];
export type SecretType = Schemas['SecretType'];
export type SecretTypeInfo = Schemas['SecretTypeInfo'];
export type SecretField = Schemas['SecretField'];
export type NewSecret = Schemas['NewSecret'];
export type SecretChange = Schemas['SecretChange'];
export type CustomField = Schemas['CustomField'];
export type CustomFieldKind = CustomField['kind'];
export type Revealed = Schemas['RevealedField'];
export type ShownCode = Schemas['OneTimeCode'];
export type AccessEntry = Schemas['AccessEntry'];
export type ReaderReason = Schemas['ReaderReason'];
export type SharedSecret = Schemas['SharedSecret'];
export type SecretLink = Schemas['SecretLink'];
export type LinkShows = Schemas['OpenedLink'];
export type GeneratorRecipe = Schemas['GeneratorRecipe'];
export type ImportFile = Schemas['ImportFile'];
export type ImportFormat = Schemas['ImportFormat'];
export type ImportPreview = Schemas['ImportPreview'];
export type ImportRow = ImportPreview['rows'][number];
export type VaultHealth = Schemas['VaultHealth'];
export type Finding = VaultHealth['weak'][number];
export type ExposedSecret = Schemas['ExposedSecret'];
export type SecretVersion = Schemas['SecretVersion'];
export type AuditEvent = Schemas['AuditEvent'];
export type AuditCheckpoint = Schemas['AuditCheckpoint'];

export type AuthOptions = Schemas['AuthOptions'];
export type Arrival = Schemas['SignedIn'];
/** Half way in: the password was right, and something else is awaited. */
export type SecondFactorStep = Extract<Arrival, { kind: 'second-factor' }>;
/** What proves that it is really this person. */
export type Method = Schemas['ProofMethod'];
export type StepUpProof = Schemas['StepUpProof'];
/** What the browser is asked for; `webauthn-rs` wraps it in `publicKey`. */
export type CeremonyOptions = Schemas['PasskeyCeremony']['options'];
/** What the browser answers. */
export type Credential = Schemas['ShownPasskey']['credential'];
export type Device = Schemas['Session'];
export type Factor = Schemas['Factor'];

export type OrgRole = Schemas['OrgRole'];
export type Member = Schemas['Member'];
export type Invitation = Schemas['Invitation'];
export type Team = Schemas['Team'];
export type TeamMember = Schemas['TeamMember'];
export type Scope = Schemas['Scope'];
export type ApiToken = Schemas['ApiToken'];
export type Policy = Schemas['Policy'];
export type PolicyChange = Schemas['PolicyChange'];
export type SsoSettings = Schemas['SsoSettings'];
export type SsoChange = Schemas['ChangeSso'];
export type SsoMapping = Schemas['SsoMapping'];

/** The outcome of a call: a value, or what went wrong. Calls never throw. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;
export interface Refused {
  readonly ok: false;
  readonly problem: Problem;
}

/** The typed client. The session's cookie travels by itself; nothing is cached. */
export const http = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  credentials: 'same-origin',
  cache: 'no-store',
  redirect: 'error',
  fetch: (request) => proven(request, (sent) => globalThis.fetch(sent)),
});

/** What any call may find out about the session itself. */
type News = 'not-signed-in' | 'second-factor-required' | 'organization-suspended';
const listeners: Record<News, Set<(problem: Problem) => void>> = {
  'not-signed-in': new Set(),
  'second-factor-required': new Set(),
  'organization-suspended': new Set(),
};

/** Calls back whenever an answer says that nobody is signed in, must set up a second factor first, or may not go on. */
export function onNews(news: News, listener: (problem: Problem) => void): () => void {
  listeners[news].add(listener);
  return () => listeners[news].delete(listener);
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Turns a call of the client into an outcome. */
export async function outcome<T>(call: Promise<Answer<T>>): Promise<Outcome<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch {
    return { ok: false, problem: networkProblem() };
  }
  if (answer.response.ok) return { ok: true, value: answer.data as T };
  const problem = problemFrom(answer.response, answer.error);
  if (problem.code in listeners) for (const listener of listeners[problem.code as News]) listener(problem);
  return { ok: false, problem };
}
