import { isBuilt, type Part } from './built';

/** The pages that need nothing but their name. */
type Plain =
  | 'setup'
  | 'sign-up'
  | 'forgotten'
  | 'reset'
  | 'confirm-email'
  | 'invitation'
  | 'link'
  | 'vaults'
  | 'secrets'
  | 'shared'
  | 'audit'
  | 'account'
  | 'members'
  | 'teams'
  | 'tokens'
  | 'organization'
  | 'not-found';

/** Pages of one vault beside its list. */
type VaultPage = 'trash' | 'import' | 'health';

/** The pages, by name, with what their address carries. */
export type Route =
  | { readonly page: Plain }
  | { readonly page: 'sign-in'; readonly next: string }
  | { readonly page: 'vault' | VaultPage; readonly vaultId: string }
  | { readonly page: 'team'; readonly teamId: string };

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const VAULT = new RegExp(`^/vaults/(${UUID})$`, 'i');
const VAULT_PAGE = new RegExp(`^/vaults/(${UUID})/(trash|import|health)$`, 'i');
const TEAM = new RegExp(`^/teams/(${UUID})$`, 'i');

const PLAIN: Readonly<Record<string, Plain>> = {
  '/': 'vaults',
  '/vaults': 'vaults',
  '/secrets': 'secrets',
  '/shared': 'shared',
  '/setup': 'setup',
  '/sign-up': 'sign-up',
  '/forgotten': 'forgotten',
  '/reset': 'reset',
  '/confirm-email': 'confirm-email',
  '/invitation': 'invitation',
  '/l': 'link',
  '/audit': 'audit',
  '/account': 'account',
  '/members': 'members',
  '/teams': 'teams',
  '/tokens': 'tokens',
  '/organization': 'organization',
};

/** What the server must have for a page to make sense. */
const NEEDS: Readonly<Partial<Record<Route['page'], Part>>> = {
  'sign-up': 'signUp',
  forgotten: 'forgotten',
  reset: 'reset',
  'confirm-email': 'email',
  account: 'account',
  invitation: 'invitations',
  link: 'links',
  members: 'members',
  organization: 'organization',
  teams: 'teams',
  team: 'teams',
  tokens: 'tokens',
  secrets: 'secrets',
  shared: 'shared',
  trash: 'secrets',
  import: 'import',
  health: 'health',
};

/** Which page an address means. */
export function routeOf(url: URL): Route {
  const route = addressed(url);
  const part = NEEDS[route.page];
  return part && !isBuilt(part) ? { page: 'not-found' } : route;
}

function addressed(url: URL): Route {
  const path = url.pathname.replace(/\/+$/, '') || '/';
  if (path === '/sign-in') return { page: 'sign-in', next: safeNext(url) };
  const plain = Object.hasOwn(PLAIN, path) ? PLAIN[path] : undefined;
  if (plain) return { page: plain };
  const vaultId = VAULT.exec(path)?.[1];
  if (vaultId) return { page: 'vault', vaultId };
  const [, of, page] = VAULT_PAGE.exec(path) ?? [];
  if (of && page) return { page: page.toLowerCase() as VaultPage, vaultId: of };
  const teamId = TEAM.exec(path)?.[1];
  return teamId ? { page: 'team', teamId } : { page: 'not-found' };
}

/** Where to go after signing in: a path of this portal, never another site. */
export function safeNext(url: URL): string {
  const next = url.searchParams.get('next') ?? '';
  if (!next.startsWith('/')) return '/vaults';
  let target: URL;
  try {
    target = new URL(next, url.origin);
  } catch {
    return '/vaults';
  }
  const route: Route = target.origin === url.origin ? routeOf(target) : { page: 'not-found' };
  const returns = route.page !== 'not-found' && !isPublic(route) && !isOpen(route);
  return returns ? target.pathname : '/vaults';
}

/** The address of the sign-in page that leads back to a path. */
export function signInPath(from: string): string {
  return from === '/' || from === '/vaults' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`;
}

/** Whether a page is for those who are not signed in. */
export function isPublic({ page }: Route): boolean {
  return page === 'setup' || page === 'sign-in' || page === 'sign-up' || page === 'forgotten';
}

/** Whether a page is what a link that somebody was sent opens: for everybody, signed in or not. */
export function isOpen({ page }: Route): boolean {
  return page === 'reset' || page === 'confirm-email' || page === 'invitation' || page === 'link';
}

/** The token of a link. It is in the fragment, which browsers send to no server. */
export function linkToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') || null;
}

/** Whether a click on a link is ours to follow, and not the browser's. */
export function isOwnClick(event: MouseEvent, link: HTMLAnchorElement, origin: string): boolean {
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const here = !link.target && !link.hasAttribute('download') && link.origin === origin;
  return plain && here && !event.defaultPrevented && !link.getAttribute('href')?.startsWith('#');
}
