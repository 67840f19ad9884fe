import type { Outcome } from '../lib/api/client';
import type { Problem } from '../lib/problem';
import { toasts } from './toasts.svelte';

/** For an action whose form shows what was refused: says and does the rest when it was done. */
export async function settled<T>(
  call: Promise<Outcome<T>>,
  words: string,
  then?: (value: T) => void,
): Promise<Problem | null> {
  const answer = await call;
  if (!answer.ok) return answer.problem;
  toasts.done(words);
  then?.(answer.value);
  return null;
}

/** For an action without a form: a refusal is said in passing. */
export async function said<T>(call: Promise<Outcome<T>>, words: string, then?: (value: T) => void): Promise<void> {
  const problem = await settled(call, words, then);
  if (problem) toasts.failed(`${problem.title}. ${problem.detail}`);
}
