import { linkToken } from '../lib/router';

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
