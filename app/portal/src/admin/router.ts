/** Where the platform's pages are. */
export type Route =
  | { readonly page: 'overview' | 'organizations' | 'people' | 'licence' | 'trail' | 'admins' | 'sign-in' | 'enter' | 'not-found' }
  | { readonly page: 'organization'; readonly id: string };

const PLAIN: Readonly<Record<string, Exclude<Route['page'], 'organization'>>> = {
  '/': 'overview',
  '/organizations': 'organizations',
  '/people': 'people',
  '/licence': 'licence',
  '/trail': 'trail',
  '/admins': 'admins',
  '/sign-in': 'sign-in',
  '/enter': 'enter',
};
const ORGANIZATION = /^\/organizations\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Which page an address means. */
export function routeOf(url: URL): Route {
  const path = url.pathname.replace(/\/+$/, '') || '/';
  const id = ORGANIZATION.exec(path)?.[1];
  if (id) return { page: 'organization', id };
  const page = Object.hasOwn(PLAIN, path) ? PLAIN[path] : undefined;
  return { page: page ?? 'not-found' };
}

/** Where to go after signing in: a path of these pages, never another site. */
export function nextOf(url: URL): string {
  const next = url.searchParams.get('next') ?? '';
  if (!next.startsWith('/')) return '/';
  let target: URL;
  try {
    target = new URL(next, url.origin);
  } catch {
    return '/';
  }
  const { page } = routeOf(target);
  const returns = target.origin === url.origin && page !== 'not-found' && page !== 'sign-in' && page !== 'enter';
  return returns ? target.pathname : '/';
}
