/** How long a secret stays in the clipboard. */
export const CLEARED_SEC = 45;
let clearing: ReturnType<typeof setTimeout> | undefined;

/** Copies text; says whether it worked. Until it did, a secret that was copied before is still there, and still has to go. */
export async function copy(text: string): Promise<boolean> {
  const done = await written(text);
  if (done) clearTimeout(clearing);
  return done;
}

/** Plain HTTP has no clipboard API, hence the second way. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** What the second way copies is told by its own answer. */
let selecting = false;

function copyBySelection(text: string): boolean {
  const held = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'sr-only';
  // Inside an open dialog nothing outside it can take the focus.
  (held?.closest('[role=dialog]') ?? document.body).append(area);
  area.select();
  selecting = true;
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    selecting = false;
    area.remove();
    if (held instanceof HTMLElement) held.focus();
  }
}

/**
 * Copies a secret, which leaves the clipboard after a while, unless something else was copied since, as far
 * as the browser lets us see that without asking the person. A page in the background may not write, and
 * some browsers want a press for it: then it happens when the page is back, and with the next press.
 */
export async function copySecret(text: string): Promise<boolean> {
  const done = await copy(text);
  if (done) clearing = setTimeout(() => whenFocused(() => void clear(text)), CLEARED_SEC * 1000);
  return done;
}

async function clear(text: string): Promise<void> {
  const now = await seen();
  if (now !== null && now !== text) return;
  if (await emptied()) return;
  addEventListener('pointerdown', () => void emptied(), { once: true });
}

/** What the clipboard holds, where looking needs no question to the person. */
async function seen(): Promise<string | null> {
  try {
    const { state } = await navigator.permissions.query({ name: 'clipboard-read' as PermissionName });
    return state === 'granted' ? await navigator.clipboard.readText() : null;
  } catch {
    return null;
  }
}

async function emptied(): Promise<boolean> {
  try {
    await navigator.clipboard.writeText('');
    return true;
  } catch {
    // The older way copies nothing when there is nothing to copy.
    return copyBySelection(' ');
  }
}

function whenFocused(run: () => void): void {
  if (document.hasFocus()) run();
  else addEventListener('focus', run, { once: true });
}

/** Whether the keys for copying would copy anything. Pressed with nothing selected they tell the page all the same. */
export function isSelected(): boolean {
  const field = document.activeElement;
  if (field instanceof HTMLTextAreaElement) return field.selectionStart !== field.selectionEnd;
  // Browsers copy nothing out of a password that is covered.
  if (field instanceof HTMLInputElement && field.type === 'password') return false;
  if (field instanceof HTMLInputElement && field.selectionStart !== null) return field.selectionStart !== field.selectionEnd;
  return getSelection()?.isCollapsed === false;
}

/** Something else was copied on this page: the clipboard is not ours to empty. */
globalThis.document?.addEventListener('copy', (event) => {
  if (event.isTrusted && !selecting && isSelected()) clearTimeout(clearing);
});
