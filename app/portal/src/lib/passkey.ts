import type { CeremonyOptions, Credential } from './api/client';
import { knowsPasskeys } from './passkey-known';
import type { Problem } from './problem';

/** What came of asking the browser; nothing at all when the person turned away. */
export type Ceremonial = { readonly credential: Credential } | { readonly problem: Problem | null };

/** Whether the browser offers passkeys in a field as it offers passwords. */
export async function offersInField(): Promise<boolean> {
  if (!knowsPasskeys()) return false;
  const { browserSupportsWebAuthnAutofill } = await import('@simplewebauthn/browser');
  return browserSupportsWebAuthnAutofill();
}

/** The server's library wraps what the browser wants. */
function unwrapped<T>(options: CeremonyOptions): T {
  return (options['publicKey'] ?? options) as T;
}

/** Has the person show a passkey. In a field it waits there until they choose one. */
export async function showPasskey(options: CeremonyOptions, inField = false): Promise<Ceremonial> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  return ceremony(() =>
    startAuthentication({ optionsJSON: unwrapped(options), useBrowserAutofill: inField }),
  );
}

/** Has the person make a passkey. */
export async function makePasskey(options: CeremonyOptions): Promise<Ceremonial> {
  const { startRegistration } = await import('@simplewebauthn/browser');
  return ceremony(() => startRegistration({ optionsJSON: unwrapped(options) }));
}

/** Ends a wait in a field. */
export async function stopWaiting(): Promise<void> {
  if (!knowsPasskeys()) return;
  const { WebAuthnAbortService } = await import('@simplewebauthn/browser');
  WebAuthnAbortService.cancelCeremony();
}

async function ceremony(run: () => Promise<object>): Promise<Ceremonial> {
  try {
    return { credential: (await run()) as Credential };
  } catch (error) {
    return { problem: explain(error) };
  }
}

/** The browser's refusal in words. Turning away and running out of time look alike, and are no fault. */
export function explain(error: unknown): Problem | null {
  const { name, cause } = (error ?? {}) as { name?: string; cause?: { name?: string } };
  const kinds = [name, cause?.name];
  const is = (kind: string) => kinds.includes(kind);
  if (is('AbortError') || is('NotAllowedError')) return null;
  if (is('InvalidStateError')) {
    return problem('This passkey is known already', 'The device that you chose holds one for this account.');
  }
  if (is('SecurityError')) {
    return problem(
      'Passkeys do not work at this address',
      'They belong to the address that the server is set up for. Open the portal there.',
    );
  }
  return problem('The passkey could not be used', 'The browser or the device refused. Try again, or use another way.');
}

function problem(title: string, detail: string): Problem {
  return { code: 'passkey', status: 400, title, detail, fields: {}, retryAfterSec: null, requestId: null };
}
