const KEY = 'vaultterm.reloaded';
const AGAIN_MS = 60_000;

/**
 * After an upgrade of the server a page that is still open asks for files that are gone.
 * Loading the page anew brings the new ones; once a minute at most, so that it cannot loop.
 */
export function reloadOnStaleBuild(): void {
  addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < AGAIN_MS) return;
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  });
}
