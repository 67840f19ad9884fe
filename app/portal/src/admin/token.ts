/** Ends with the tab; never in storage that outlives it. */
const KEY = 'vaultterm.admin';

export function heldToken(): string {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function holdToken(token: string): void {
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the token lasts as long as the page.
  }
}
