import * as records from '../../lib/api/records';
import type { Outcome, Secret } from '../../lib/api/client';
import type { Bulk } from '../../lib/api/records';
import { copySecret, CLEARED_SEC } from '../../lib/clipboard';
import type { Problem } from '../../lib/problem';
import { may } from '../../lib/roles';
import { hasCode, mainField, title } from '../../lib/vault/types';
import { toasts } from '../toasts.svelte';
import { vaults } from '../vaults.svelte';

/** "Border router", or "3 secrets". */
export function named(list: readonly Secret[]): string {
  const [only] = list;
  return only && list.length === 1 ? title(only) : `${list.length} secrets`;
}

const failed = (problem: Problem) => toasts.failed(`${problem.title}. ${problem.detail}`);

function byVault(list: readonly Secret[]): Map<string, Secret[]> {
  const groups = new Map<string, Secret[]>();
  for (const record of list) {
    const group = groups.get(record.vaultId);
    if (group) group.push(record);
    else groups.set(record.vaultId, [record]);
  }
  return groups;
}

/** Runs one act over records of any vaults. What was done before something failed stays done, and is said. */
async function over(list: readonly Secret[], what: Bulk, each?: (some: readonly Secret[]) => void): Promise<Problem | null> {
  for (const [vaultId, own] of byVault(list)) {
    for (let at = 0; at < own.length; at += records.BULK) {
      const some = own.slice(at, at + records.BULK);
      const answer = await records.bulk(vaultId, some.map(({ id }) => id), what);
      if (!answer.ok) return answer.problem;
      each?.(some);
    }
  }
  return null;
}

/** Whoever shows records now. Something may be undone from another page than the one that it was done on. */
const watching = new Set<() => void>();

/** Is told when something was undone; returns the end of it. */
export function watch(run: () => void): () => void {
  watching.add(run);
  return () => void watching.delete(run);
}

/** Does it, says so, and offers the way back. */
async function done(doing: Promise<Problem | null>, words: string, back?: () => Promise<Problem | null>, changed?: () => void): Promise<boolean> {
  const problem = await doing;
  vaults.refresh();
  if (problem) {
    failed(problem);
    changed?.();
    return false;
  }
  const undo = back && (() => void back().then((wrong) => {
    vaults.refresh();
    if (wrong) failed(wrong);
    else toasts.done('Undone');
    for (const run of watching) run();
  }));
  toasts.done(words, undo);
  return true;
}

/** Into the trash; from there it can be had back. */
export function trash(list: readonly Secret[], changed: () => void): Promise<boolean> {
  const are = list.length === 1 ? 'is' : 'are';
  return done(over(list, { action: 'trash' }), `${named(list)} ${are} in the trash`, () => over(list, { action: 'restore' }), changed);
}

/** Out of the trash again. */
export function restore(list: readonly Secret[], changed: () => void): Promise<boolean> {
  return done(over(list, { action: 'restore' }), `${named(list)} ${list.length === 1 ? 'is' : 'are'} back`, undefined, changed);
}

/** What has to be known before something is moved. */
export const MOVING =
  'Whoever may use the other vault may use it from then on. Links to it, and access that was given to it alone, end, and do not come back with it.';

/** Is told what is in another vault by now, there and back. */
type Moved = (records: readonly Secret[], to: string) => void;

/** To another vault; those that are there already stay. The way back is open to those who may move out of that one. */
export function move(list: readonly Secret[], to: string, changed: () => void, moved?: Moved): Promise<boolean> {
  const go = (records: readonly Secret[], into: string) => over(records, { action: 'move', to: into }, (some) => moved?.(some, into));
  const moving = list.filter((record) => record.vaultId !== to);
  const back = async () => {
    for (const [from, own] of byVault(moving)) {
      const there = own.map((record) => ({ ...record, vaultId: to }));
      const problem = await go(there, from);
      if (problem) return problem;
    }
    return null;
  };
  const there = vaults.find(to);
  const mayUndo = there !== null && may(there.role, 'move');
  return done(go(moving, to), `${named(moving)} moved to ${there?.name ?? 'another vault'}`, mayUndo ? back : undefined, changed);
}

/** A word more; the way back takes it from those that did not have it before. */
export function tag(list: readonly Secret[], word: string, changed: () => void): Promise<boolean> {
  const fresh = list.filter((record) => !record.tags.includes(word));
  return done(over(list, { action: 'tag', tag: word }), `${named(list)} tagged “${word}”`, () => over(fresh, { action: 'untag', tag: word }), changed);
}

/** Turns the star at once, and back when the server does not want it. */
export async function star(record: Secret, put: (record: Secret) => void): Promise<void> {
  const turned = { ...record, favourite: !record.favourite };
  put(turned);
  const answer: Outcome<unknown> = await records.star(record, turned.favourite);
  if (answer.ok) return;
  put(record);
  failed(answer.problem);
}

/** Copies what a record is kept for, without showing it. */
export async function copyMain(record: Secret): Promise<void> {
  if (record.injectOnly) return toasts.failed(`${record.name} is inject only: nobody copies it.`);
  const value = hasCode(record) ? await ofCode(record) : await ofMain(record);
  if (value === null) return;
  const done = await copySecret(value.text);
  if (done) toasts.done(`${value.what} of ${record.name} copied, for ${CLEARED_SEC} seconds`);
  else toasts.failed('The browser did not allow copying. Reveal the value and select it instead.');
}

type Taken = { readonly text: string; readonly what: string } | null;

async function ofCode(record: Secret): Promise<Taken> {
  const answer = await records.code(record);
  if (answer.ok) return { text: answer.value.code, what: 'Code' };
  failed(answer.problem);
  return null;
}

async function ofMain(record: Secret): Promise<Taken> {
  const field = mainField(record);
  if (!field) {
    toasts.failed(`${record.name} holds nothing that is sealed.`);
    return null;
  }
  const answer = await records.reveal(record, field, 'copy');
  if (answer.ok) return { text: answer.value.value, what: field === 'password' ? 'Password' : 'Secret' };
  failed(answer.problem);
  return null;
}
