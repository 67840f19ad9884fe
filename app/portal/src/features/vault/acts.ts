import type { Secret } from '../../lib/api/client';

/** What can be done with records; the page decides what it offers. */
export interface Acts {
  readonly edit: (record: Secret) => void;
  readonly star: (record: Secret) => void;
  readonly move: (records: Secret[]) => void;
  readonly trash: (records: Secret[]) => void;
  readonly versions?: (record: Secret) => void;
  readonly share?: (record: Secret) => void;
}
