import type { Problem } from './problem';

/** Moves the focus to the first field of a form that is marked invalid. Call it after a tick. */
export function focusInvalid(form: HTMLFormElement | undefined): void {
  form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
}

/** What is said above a form: everything that no field says itself. */
export function overall(problem: Problem | null, shown: readonly string[]): Problem | null {
  if (!problem) return null;
  const names = Object.keys(problem.fields);
  return names.length > 0 && names.every((name) => shown.includes(name)) ? null : problem;
}

/** A wait as words: "in 40 seconds", "in 2 minutes". */
export function inTime(seconds: number): string {
  if (seconds < 90) return `in ${seconds} second${seconds === 1 ? '' : 's'}`;
  return `in ${Math.ceil(seconds / 60)} minutes`;
}
