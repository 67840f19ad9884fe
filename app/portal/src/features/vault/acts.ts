import type { Secret } from '../../lib/api/client';
import type { Reveal } from '../../state/reveal.svelte';

/** What can be done with records; the page decides what it offers. */
export interface Acts {
  readonly edit: (record: Secret) => void;
  readonly star: (record: Secret) => void;
  readonly move: (records: Secret[]) => void;
  readonly trash: (records: Secret[]) => void;
  readonly versions?: (record: Secret) => void;
  readonly share?: (record: Secret) => void;
}

/** Is told what the page's keys reveal, while that is shown; returns the end of it. */
export type OnMain = (reveal: Reveal) => () => void;
