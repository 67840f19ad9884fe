/**
 * For what takes a part of the page away: whoever was in it with the keyboard goes on at the heading, and not at
 * nothing. Where the focus is somewhere, and in a dialog, which keeps it itself, all stays as it is.
 */
export function regain(): void {
  setTimeout(() => {
    if (!isLost() || document.querySelector('[role=dialog]')) return;
    for (const heading of document.querySelectorAll<HTMLElement>('main h1')) {
      heading.focus({ preventScroll: true });
      if (!isLost()) return;
    }
  });
}

/** Whether nothing has the focus, because what had it is gone. */
export function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
