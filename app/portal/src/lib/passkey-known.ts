// Apart from what passkeys are used with, which is fetched when one is.

/** Whether this browser, at this address, knows passkeys: they need HTTPS, or localhost. */
export function knowsPasskeys(): boolean {
  return typeof globalThis.PublicKeyCredential === 'function';
}
