import { ask, type TeamRole } from './contract';

/** What the groups of a provider give. */
export type SsoRole = 'member' | 'admin';
export interface SsoMapping {
  group: string;
  role: SsoRole | null;
  teams: SsoTeam[];
}
/** A team that a group puts people into; never as its owner. */
export interface SsoTeam {
  id: string;
  role: TeamRole;
}
export interface SsoChange {
  issuer: string;
  clientId: string;
  /** Left out: the one before is kept. Empty: a client without one. */
  clientSecret?: string;
  defaultRole: SsoRole;
  groupClaim: string | null;
  mappings: SsoMapping[];
  domains: string[];
  enabled: boolean;
  required: boolean;
}
export interface SsoConnection extends Omit<SsoChange, 'clientSecret'> {
  kind: 'oidc';
  hasSecret: boolean;
  updatedAt: string;
}
export interface SsoSettings {
  connection: SsoConnection | null;
  redirectUri: string;
  signInUrl: string;
}

export const settings = () => ask<SsoSettings>('get', '/organization/sso');
export const change = (body: SsoChange) => ask<SsoSettings>('put', '/organization/sso', { body });
export const remove = () => ask<unknown>('delete', '/organization/sso');

type Whither = { email: string } | { organizationId: string };
export const start = (whither: Whither, next: string) =>
  ask<{ url: string }>('post', '/auth/sso/start', { body: { ...whither, next } });
