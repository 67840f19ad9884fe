import { BUILT, type Part } from './api/built';

export type { Part };

/** Whether a part may be offered: a page whose routes are missing has no address and no link. */
export function isBuilt(part: Part): boolean {
  return BUILT[part];
}
