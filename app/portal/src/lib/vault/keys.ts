/** What a key does on a page of records. */
export type Act =
  | 'down' | 'up' | 'first' | 'last' | 'open' | 'close' | 'search' | 'copy' | 'reveal' | 'edit' | 'new'
  | 'select' | 'all' | 'trash' | 'move' | 'star' | 'undo' | 'help';

interface Key {
  readonly keys: readonly string[];
  readonly act: Act;
  readonly words: string;
}

/** The keys, in the order in which the sheet shows them. */
export const KEYS: readonly Key[] = [
  { keys: ['j', 'ArrowDown'], act: 'down', words: 'Next secret' },
  { keys: ['k', 'ArrowUp'], act: 'up', words: 'Previous secret' },
  { keys: ['Home'], act: 'first', words: 'First secret' },
  { keys: ['End'], act: 'last', words: 'Last secret that is loaded' },
  { keys: ['Enter'], act: 'open', words: 'Go into the secret' },
  { keys: ['Escape'], act: 'close', words: 'Back to the list; drop the selection' },
  { keys: ['/'], act: 'search', words: 'Search' },
  { keys: ['c'], act: 'copy', words: 'Copy what it keeps' },
  { keys: ['r'], act: 'reveal', words: 'Reveal what it keeps' },
  { keys: ['e'], act: 'edit', words: 'Edit' },
  { keys: ['n'], act: 'new', words: 'New secret' },
  { keys: ['x'], act: 'select', words: 'Select; with Shift, up to here' },
  { keys: ['a'], act: 'all', words: 'Select all that are loaded' },
  { keys: ['m'], act: 'move', words: 'Move to another vault' },
  { keys: ['s'], act: 'star', words: 'Favourite' },
  { keys: ['Delete', '#'], act: 'trash', words: 'Move to the trash' },
  { keys: ['z'], act: 'undo', words: 'Undo what was just done' },
  { keys: ['?'], act: 'help', words: 'These keys' },
];

/** How a key is written on a page. */
export const SHOWN: Readonly<Record<string, string>> = {
  ArrowDown: '↓', ArrowUp: '↑', Enter: '↵', Escape: 'Esc', Delete: 'Del',
};

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>;

/** What a key press asks for, if anything. */
export function actOf(event: Pressed): Act | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return KEYS.find(({ keys }) => keys.includes(key))?.act ?? null;
}

/** Whether somebody is typing, or is in something that has keys of its own. */
export function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (document.querySelector('[role=dialog], [role=menu]')) return true;
  return target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true]') !== null;
}
