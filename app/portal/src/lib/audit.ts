import type { AuditEvent } from './api/client';

/** How grave an action is for whoever reads the trail. */
export type Tone = 'plain' | 'open' | 'gone';

interface Words {
  readonly verb: string;
  readonly tone: Tone;
}

const WORDS: Readonly<Record<string, Words>> = {
  'organization.created': { verb: 'set up the organisation', tone: 'plain' },
  'session.signed-in': { verb: 'signed in', tone: 'plain' },
  'session.signed-out': { verb: 'signed out', tone: 'plain' },
  'vault.created': { verb: 'created a vault', tone: 'plain' },
  'vault.updated': { verb: 'changed a vault', tone: 'plain' },
  'vault.deleted': { verb: 'deleted a vault', tone: 'gone' },
  'secret.created': { verb: 'stored a secret', tone: 'plain' },
  'secret.updated': { verb: 'changed a secret', tone: 'plain' },
  'secret.revealed': { verb: 'revealed a secret', tone: 'open' },
  'secret.deleted': { verb: 'deleted a secret', tone: 'gone' },
};

/** An action in words; one that this portal does not know yet keeps its own. */
export function describe(action: string): Words {
  return WORDS[action] ?? { verb: action.replace(/[.-]/g, ' '), tone: 'plain' };
}

/** The further words of an entry, as name and value. */
export function details(event: AuditEvent): [string, string][] {
  return Object.entries(event.detail as Record<string, unknown>).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

/** Who did it; a system or a person whose account is gone has no name. */
export function actorName(event: AuditEvent): string {
  if (!event.actor) return 'The system';
  return event.actor.name ?? 'Somebody who has left';
}

/** A number of the trail at a fixed width, as a ledger has it. */
export function folio(seq: number): string {
  return String(seq).padStart(6, '0');
}

/** The further words as people read them: a vault by its name, where it is known. */
export function shownDetails(
  pairs: readonly [string, string][],
  vaultName: (id: string) => string | undefined,
): [string, string][] {
  return pairs.map(([name, value]) =>
    name === 'vaultId' ? ['vault', vaultName(value) ?? value] : [name, value],
  );
}
