import { linkToken } from '../lib/router';

/** Where the way past the navigation leads: the one fragment that is no link's. */
const PLACES = new Set(['', '#main']);

/**
 * Links that are pasted while the page of one is open: for the browser that is the same page, further down.
 * The page is made anew by the number, and takes the new one's token.
 */
export class Links {
  number = $state(0);

  /** Returns the end of it. */
  watch(): () => void {
    const onFragment = () => {
      if (!PLACES.has(location.hash)) this.number += 1;
    };
    addEventListener('hashchange', onFragment);
    return () => removeEventListener('hashchange', onFragment);
  }
}

/** Takes the token of a link from the address, where it must stay neither in the bar nor in the history. */
export function takeToken(): string | null {
  const token = linkToken(location.hash);
  history.replaceState(null, '', location.pathname);
  return token;
}

/** The same for a link whose fragment is the token, and nothing else. */
export function takeFragment(): string | null {
  const token = location.hash.replace(/^#/, '');
  history.replaceState(null, '', location.pathname);
  return token || null;
}
