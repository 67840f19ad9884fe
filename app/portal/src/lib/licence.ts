import type { License } from './api/client';

/** How grave a state of the licence is. */
export type Grade = 'notice' | 'warning' | 'alarm';

/** What the banner says. */
export interface Announcement {
  /** Names the occasion: one that was put aside comes back with the next occasion, or the next day. */
  readonly key: string;
  readonly grade: Grade;
  readonly title: string;
  readonly text: string;
  /** Whether it may be put aside for the rest of the day. */
  readonly dismissible: boolean;
}

/** The parts of a licence that the words depend on. */
export type Term = Pick<
  License,
  'standing' | 'daysLeft' | 'expires' | 'graceEnds' | 'notBefore' | 'seats' | 'seatsUsed' | 'tier'
>;

/** From so many days before the end on, each with its own urgency. */
const STEPS = [
  { days: 7, grade: 'warning', dismissible: false },
  { days: 14, grade: 'warning', dismissible: true },
  { days: 30, grade: 'notice', dismissible: true },
] as const;

const AFTER = 'Everybody keeps their access and nothing is deleted.';

/** What is to be said about a licence, if anything is. */
export function announcement(license: Term, day: (at: string) => string): Announcement | null {
  const { daysLeft } = license;
  const on = (at: string | null | undefined) => (at ? ` on ${day(at)}` : '');
  switch (license.standing) {
    case 'valid': {
      const step = STEPS.find(({ days }) => daysLeft !== null && daysLeft !== undefined && daysLeft <= days);
      if (!step) return overDeployed(license);
      return {
        key: `ends-${step.days}`,
        grade: step.grade,
        title: `The licence ends ${inDays(daysLeft ?? 0)}`,
        text: `Its term is over${on(license.expires)}. Whoever operates this server renews it; the new file works at once.`,
        dismissible: step.dismissible,
      };
    }
    case 'grace':
      return {
        key: 'grace',
        grade: 'warning',
        title: `The licence has ended and is honoured ${forDays(daysLeft ?? 0)}`,
        text: `The limits of the free tier apply from${on(license.graceEnds).replace(' on', '')} on. ${AFTER}`,
        dismissible: false,
      };
    case 'lapsed':
      return {
        key: 'lapsed',
        grade: 'alarm',
        title: 'The licence has lapsed: the limits of the free tier apply',
        text: `${AFTER} A new licence brings everything back.`,
        dismissible: false,
      };
    case 'not-yet-valid':
      return {
        key: 'not-yet-valid',
        grade: 'warning',
        title: 'The licence is not in force yet: the limits of the free tier apply',
        text: `Its term begins${on(license.notBefore)}. ${AFTER}`,
        dismissible: false,
      };
    case 'wrong-host':
      return {
        key: 'wrong-host',
        grade: 'alarm',
        title: 'The licence is for another server: the limits of the free tier apply',
        text: `Whoever operates this server asks the vendor for one that fits. ${AFTER}`,
        dismissible: false,
      };
    default:
      return null;
  }
}

/** More people than seats: said, and nobody is locked out. */
function overDeployed({ seats, seatsUsed }: Term): Announcement | null {
  if (seats === null || seats === undefined || seatsUsed <= seats) return null;
  return {
    key: 'seats',
    grade: 'notice',
    title: `${seatsUsed} people have access, and the licence has ${seats} ${seats === 1 ? 'seat' : 'seats'}`,
    text: 'Nobody loses access. New members can be added when there are seats for them.',
    dismissible: true,
  };
}

/** Days from now as people say them; a day that is not whole is today. */
export function inDays(days: number): string {
  if (days <= 0) return 'today';
  return days === 1 ? 'tomorrow' : `in ${days} days`;
}

function forDays(days: number): string {
  if (days <= 0) return 'until the end of today';
  return days === 1 ? 'for one more day' : `for ${days} more days`;
}

/** What was put aside, and on which day. */
const KEY = 'vaultterm.licence-notice';

function today(now: Date): string {
  return now.toLocaleDateString('en-CA');
}

/** Whether an announcement was put aside today. */
export function isPutAside({ key, dismissible }: Announcement, now = new Date()): boolean {
  if (!dismissible) return false;
  try {
    return localStorage.getItem(KEY) === `${key} ${today(now)}`;
  } catch {
    return false;
  }
}

/** Puts it aside for the rest of the day, on this device. */
export function putAside({ key }: Announcement, now = new Date()): void {
  try {
    localStorage.setItem(KEY, `${key} ${today(now)}`);
  } catch {
    // Without storage it comes back with the page.
  }
}
