import { http, outcome, type SsoChange } from './client';

export const settings = () => outcome(http.GET('/api/v1/organization/sso'));
export const change = (body: SsoChange) => outcome(http.PUT('/api/v1/organization/sso', { body }));
export const remove = () => outcome(http.DELETE('/api/v1/organization/sso'));

type Whither = { email: string } | { organizationId: string };
export const start = (whither: Whither, next: string) =>
  outcome(http.POST('/api/v1/auth/sso/start', { body: { ...whither, next } }));
