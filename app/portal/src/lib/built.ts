/** The parts of the portal whose routes the server has. */
const BUILT = {
  /** Accounts and sessions: resets, sign-up, e-mail, devices. */
  identity: false,
  /** Second factors, passkeys, step-up. */
  factors: false,
  /** Members, invitations, the organisation's settings. */
  people: false,
  teams: false,
  tokens: false,
};

export type Part = keyof typeof BUILT;

/** Whether a part may be offered: a page whose routes are missing has no address and no link. */
export function isBuilt(part: Part): boolean {
  return BUILT[part];
}

/** What is built, for tests and for looking at pages ahead of their routes. */
export const built: Record<Part, boolean> = BUILT;
