import type { Organization, OrganizationState } from './api';

type Tone = 'plain' | 'accent' | 'brass' | 'danger';

/** Where an organisation stands, in a word; an open one needs none. */
export const STATES: Readonly<Record<OrganizationState, { word: string; tone: Tone }>> = {
  open: { word: '', tone: 'plain' },
  suspended: { word: 'Suspended', tone: 'brass' },
  waiting: { word: 'Waits to be erased', tone: 'danger' },
  erasing: { word: 'Being erased', tone: 'danger' },
};

const of = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** People and secrets, in words. */
export function counted({ members, pending, former, secrets }: Organization): string {
  return [
    of(members, 'member'),
    pending > 0 && `${pending} on the way in`,
    former > 0 && `${former} former`,
    of(secrets, 'secret'),
  ]
    .filter(Boolean)
    .join(' · ');
}

const MEMBERSHIPS: Readonly<Record<string, { word: string; tone: Tone }>> = {
  confirmed: { word: '', tone: 'plain' },
  invited: { word: 'Invited', tone: 'brass' },
  accepted: { word: 'Waits for confirmation', tone: 'brass' },
  revoked: { word: 'Former', tone: 'plain' },
};

/** Where somebody stands in an organisation, in a word; a member needs none. */
export function membershipOf(state: string): { word: string; tone: Tone } {
  return MEMBERSHIPS[state] ?? { word: state, tone: 'plain' };
}
