import type { Problem } from './problem';

const REFUSED: Readonly<Record<string, readonly [string, string]>> = {
  'sso-expired': ['That took too long', 'Begin again, in this browser.'],
  'sso-declined': ['Your identity provider said no', 'Try again there, or ask your admin.'],
  'sso-provider': [
    'Your identity provider cannot be reached',
    "Try again in a moment, or tell your admin. The server's log says what is wrong.",
  ],
  'sso-refused': [
    'The answer of your identity provider is not to be trusted',
    "Nobody was signed in. Tell your admin; the server's log says what is wrong.",
  ],
  'sso-not-admitted': [
    'Your identity provider knows you, and this organisation does not let you in',
    'Ask your admin to invite you, or whether your address is verified there.',
  ],
  'sso-no-seat': ['All seats are taken', 'Ask your admin: a seat has to become free first.'],
};

/** What became of a sign-in at a provider, from the address that one comes back to. */
export function refusalOf(url: URL): Problem | null {
  const code = url.searchParams.get('refused');
  if (code === null) return null;
  const known = Object.hasOwn(REFUSED, code) ? REFUSED[code] : undefined;
  const [title, detail] = known ?? ['Single sign-on did not work', 'Try again in a moment.'];
  return { code, status: 403, title, detail, fields: {}, retryAfterSec: null, requestId: null };
}
