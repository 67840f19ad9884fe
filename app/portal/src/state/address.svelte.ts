import { isOwnClick } from '../lib/router';

/** The address bar as a value, and which page it means. */
class Address<Route> {
  url = $state.raw(new URL(globalThis.location.href));
  readonly route: Route = $derived.by(() => this.routeOf(this.url));

  constructor(private readonly routeOf: (url: URL) => Route) {}

  /** Goes to a path of the portal. */
  go(path: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.url = new URL(location.href);
    scrollTo(0, 0);
  }

  /** Follows links and the browser's own back and forward; returns the end of it. */
  watch(): () => void {
    const onClick = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || !isOwnClick(event, link, location.origin)) return;
      event.preventDefault();
      this.go(link.pathname + link.search);
    };
    const onBack = () => (this.url = new URL(location.href));
    document.addEventListener('click', onClick);
    addEventListener('popstate', onBack);
    return () => {
      document.removeEventListener('click', onClick);
      removeEventListener('popstate', onBack);
    };
  }
}

/** The one of a portal, whose pages are as `routeOf` says. */
export const addressBar = <Route>(routeOf: (url: URL) => Route) => new Address(routeOf);
