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
  'session.second-factor-refused': { verb: 'had the password and no second factor', tone: 'gone' },
  'factor.begun': { verb: 'began to add a second factor', tone: 'plain' },
  'factor.added': { verb: 'added a second factor', tone: 'plain' },
  'factor.renamed': { verb: 'renamed a second factor', tone: 'plain' },
  'factor.removed': { verb: 'removed a second factor', tone: 'gone' },
  'recovery-codes.made': { verb: 'made new recovery codes', tone: 'plain' },
  'sso.changed': { verb: 'named an identity provider', tone: 'open' },
  'sso.removed': { verb: 'removed the identity provider', tone: 'gone' },
  'sso.linked': { verb: 'came through the identity provider for the first time', tone: 'plain' },
  'sso.provisioned': { verb: 'became a member through the identity provider', tone: 'plain' },
  'sso.groups-applied': { verb: 'got roles and teams by the groups of the identity provider', tone: 'plain' },
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

/** Who did it; a system or a person whose account is gone has no name. */
export function actorName(event: AuditEvent): string {
  if (!event.actor) return 'The system';
  return event.actor.name ?? 'Somebody who has left';
}

/** A number of the trail at a fixed width, as a ledger has it. */
export function folio(seq: number): string {
  return String(seq).padStart(6, '0');
}

/** The further words of an entry as people read them: a vault by its name where it is known. */
export function shownDetails(
  event: AuditEvent,
  vaultName: (id: string) => string | undefined,
): [string, string][] {
  const pairs = Object.entries(event.detail as Record<string, unknown>).map(
    ([name, value]): [string, string] =>
      name === 'vaultId' ? ['vault', vaultName(words(value)) ?? words(value)] : [name, words(value)],
  );
  const { resource } = event;
  // A secret's name is sealed with it: the trail knows it by the end of its id.
  return resource?.type === 'secret' ? [['secret', `…${resource.id.slice(-8)}`], ...pairs] : pairs;
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
