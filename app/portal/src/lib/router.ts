/** The pages, by name, with what their address carries. */
export type Route =
  | { readonly page: 'setup' }
  | { readonly page: 'sign-in'; readonly next: string }
  | { readonly page: 'vaults' }
  | { readonly page: 'vault'; readonly vaultId: string }
  | { readonly page: 'audit' }
  | { readonly page: 'not-found' };

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const VAULT = new RegExp(`^/vaults/(${UUID})$`, 'i');

/** Which page an address means. */
export function routeOf(url: URL): Route {
  const path = url.pathname.replace(/\/+$/, '') || '/';
  if (path === '/' || path === '/vaults') return { page: 'vaults' };
  if (path === '/setup') return { page: 'setup' };
  if (path === '/sign-in') return { page: 'sign-in', next: safeNext(url) };
  if (path === '/audit') return { page: 'audit' };
  const vault = VAULT.exec(path);
  return vault?.[1] ? { page: 'vault', vaultId: vault[1] } : { page: 'not-found' };
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
  const page = target.origin === url.origin ? routeOf(target).page : 'not-found';
  const returns = page === 'vaults' || page === 'vault' || page === 'audit';
  return returns ? target.pathname : '/vaults';
}

/** The address of the sign-in page that leads back to a path. */
export function signInPath(from: string): string {
  return from === '/' || from === '/vaults' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`;
}

/** Whether a page is for everybody, not only for those who are signed in. */
export function isPublic(route: Route): boolean {
  return route.page === 'setup' || route.page === 'sign-in';
}

/** The token of a setup link. It is in the fragment, which browsers send to no server. */
export function setupToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') || null;
}

/** Whether a click on a link is ours to follow, and not the browser's. */
export function isOwnClick(event: MouseEvent, link: HTMLAnchorElement, origin: string): boolean {
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const here = !link.target && !link.hasAttribute('download') && link.origin === origin;
  return plain && here && !event.defaultPrevented && !link.getAttribute('href')?.startsWith('#');
}
