import type { AuditEvent } from './api/client';
import { dayOf } from './time';
import { wordFor } from './vault/types';

/** How grave an action is for whoever reads the trail. */
export type Tone = 'plain' | 'open' | 'gone';

interface Words {
  readonly verb: string;
  readonly tone: Tone;
}

const plain = (verb: string): Words => ({ verb, tone: 'plain' });
const open = (verb: string): Words => ({ verb, tone: 'open' });
const gone = (verb: string): Words => ({ verb, tone: 'gone' });

const WORDS: Readonly<Record<string, Words>> = {
  'organization.created': plain('set up the organisation'),
  'organization.updated': plain('changed the organisation'),
  'organization.policy-changed': plain('changed the policy'),
  'organization.transferred': open('handed the organisation over'),
  'session.signed-in': plain('signed in'),
  'session.signed-out': plain('signed out'),
  'session.switched': plain('came from another organisation'),
  'session.revoked': plain('ended sessions'),
  'session.second-factor-refused': gone('had the password and no second factor'),
  'step-up.proved': open('proved that it is them'),
  'account.signed-up': plain('signed up'),
  'account.updated': plain('changed their profile'),
  'account.password-changed': plain('changed their password'),
  'account.password-reset': open('set a new password by a link'),
  'account.reset-link-made': open('made a link for a new password'),
  'account.email-requested': plain('asked for another address'),
  'account.email-changed': plain('changed their address'),
  'factor.begun': plain('began to add a second factor'),
  'factor.added': plain('added a second factor'),
  'factor.renamed': plain('renamed a second factor'),
  'factor.all-removed': gone('removed every second factor of a member'),
  'factor.removed': gone('removed a second factor'),
  'factor.suspended': gone('showed a passkey that may have been copied'),
  'recovery-codes.made': plain('made new recovery codes'),
  'token.created': open('created an API token'),
  'token.revoked': gone('revoked an API token'),
  'team.created': plain('created a team'),
  'team.updated': plain('changed a team'),
  'team.deleted': gone('deleted a team'),
  'team.member-added': plain('put somebody into a team'),
  'team.member-changed': plain('changed a role in a team'),
  'team.member-removed': gone('took somebody out of a team'),
  'invitation.created': plain('invited somebody'),
  'invitation.resent': plain('sent an invitation again'),
  'invitation.withdrawn': gone('withdrew an invitation'),
  'invitation.accepted': plain('accepted an invitation'),
  'member.role-changed': open('changed the role of a member'),
  'member.confirmed': plain('confirmed a member'),
  'member.deactivated': gone('deactivated a member'),
  'member.reactivated': plain('let a member in again'),
  'member.removed': gone('removed a member'),
  'member.left': gone('left the organisation'),
  'scim.user-created': plain('provisioned somebody'),
  'scim.user-updated': plain('provisioned somebody anew'),
  'scim.user-deleted': gone('took somebody out, by provisioning'),
  'sso.changed': open('named an identity provider'),
  'sso.removed': gone('removed the identity provider'),
  'sso.linked': plain('came through the identity provider for the first time'),
  'sso.provisioned': plain('became a member through the identity provider'),
  'sso.groups-applied': plain('got roles and teams by the groups of the identity provider'),
  'vault.created': plain('created a vault'),
  'vault.updated': plain('changed a vault'),
  'vault.deleted': gone('deleted a vault'),
  'vault.adopted': open('took on a vault without an owner'),
  'secret.created': plain('stored a secret'),
  'secret.updated': plain('changed a secret'),
  'secret.revealed': open('revealed a secret'),
  'secret.copied': open('copied a secret'),
  'secret.code-shown': open('had a one-time code shown'),
  'secret.trashed': gone('put a secret into the trash'),
  'secret.restored': plain('took a secret out of the trash'),
  'secret.deleted': gone('deleted a secret for good'),
  'secret.favourited': plain('made a secret a favourite'),
  'secret.unfavourited': plain('made a secret no favourite any more'),
  'secret.moved': plain('moved a secret'),
  'secret.tagged': plain('tagged a secret'),
  'secret.version-revealed': open('revealed an earlier version of a secret'),
  'secret.version-restored': plain('went back to an earlier version of a secret'),
  'secret.exported': open('exported a secret'),
  'secret.imported': plain('imported a secret'),
  'secret.shared': open('shared a secret'),
  'secret.unshared': gone('ended the sharing of a secret'),
  'vault.shared': open('gave access to a vault'),
  'vault.unshared': gone('took access to a vault away'),
  'vault.exported': open('exported a vault'),
  'link.made': open('made a one-time link'),
  'link.opened': open('opened a one-time link'),
  'link.refused': plain('brought a link and a wrong passphrase'),
  'link.withdrawn': gone('withdrew a one-time link'),
  'attachment.added': plain('attached a file'),
  'attachment.read': open('fetched an attached file'),
  'attachment.removed': gone('removed an attached file'),
  'audit.exported': open('exported the trail'),
  'audit.verified': plain('verified the trail'),
  'audit.pruned': gone('removed what the plan no longer keeps'),
  'checkpoint.made': plain('sealed the trail with a checkpoint'),
  'vault.breaches-checked': open('looked for breached passwords in a vault'),
  'data-keys.rewrapped': plain('wrapped data keys anew'),
  'master-key.rotated': plain('replaced the master key'),
};

/** The actions that there are words for. */
export const WORDED: readonly string[] = Object.keys(WORDS);

/** An action in words; one that this portal does not know yet keeps its own. */
export function describe(action: string): Words {
  return WORDS[action] ?? { verb: action.replace(/[.-]/g, ' '), tone: 'plain' };
}

/** Who did it; a system or a person whose account is gone has no name. */
export function actorName({ actor }: AuditEvent): string {
  if (actor.kind === 'system') return 'The system';
  if (actor.kind === 'platform') return actor.name ?? 'The platform';
  if (actor.kind === 'guest') return 'Somebody with a link';
  const name = actor.name ?? 'Somebody who has left';
  return actor.kind === 'token' ? `A token of ${name}` : name;
}

/** How it ended, where it did not end well. */
export function resultOf({ result }: AuditEvent): string | null {
  if (result === 'success') return null;
  return { denied: 'Refused', failed: 'Failed' }[result] ?? result;
}

/** A number of the trail at a fixed width, as a ledger has it. */
export function folio(seq: number): string {
  return String(seq).padStart(6, '0');
}

/** Whom and what an entry is about, and its further words: by name where that is known. */
export function shownDetails(event: AuditEvent, nameOf: (id: string) => string | undefined): [string, string][] {
  const said = Object.entries(event.detail as Record<string, unknown>).filter(([name]) => !UNSAID.has(name));
  const pairs = said.map(([name, value]): [string, string] => {
    const text = words(value);
    return [LABELS[name] ?? name, nameOf(text) ?? (CODED.has(name) ? wordFor(text) : text)];
  });
  const { resource, actor } = event;
  const label = resource && ABOUT[resource.type];
  // What somebody does to their own account says who already.
  if (!label || resource.id === actor.id) return pairs;
  // Named once: some entries have the name among their words as well.
  const others = pairs.filter(([name, value]) => !(name === 'name' && value === resource.name));
  // The name that it had then; where there was none, the end of its id.
  return [[label, resource.name ?? nameOf(resource.id) ?? `…${resource.id.slice(-8)}`], ...others];
}

/** Everything that an entry says, for whoever has to know. */
export function factsOf(event: AuditEvent, nameOf: (id: string) => string | undefined): [string, string][] {
  const { actor, resource, monotonic } = event;
  const facts: [string, string | null | undefined][] = [
    ['Entry', event.id],
    ['When', event.at],
    ['By the clock of the server', `${(monotonic.micros / 1_000_000).toFixed(6)} s after the start of ${monotonic.server}`],
    ['Who', [actor.kind, actor.name, actor.id].filter(Boolean).join(' · ')],
    ['Session', actor.session],
    ['Token', actor.token],
    ['Signed in by', actor.factors.join(', ')],
    ['Fresh proof', actor.stepUp],
    ['Address', event.address],
    ['Request', event.request],
    ['What', event.action],
    ['To what', resource && [resource.type, resource.name ?? nameOf(resource.id), resource.id].filter(Boolean).join(' · ')],
    ['How it ended', [event.result, event.reason].filter(Boolean).join(': ')],
    ...Object.entries(event.detail as Record<string, unknown>).map(([name, value]): [string, string] => [`Detail: ${name}`, words(value)]),
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

const LABELS: Readonly<Record<string, string>> = { vaultId: 'vault', userId: 'person', teamId: 'team' };
/** Details that hold a word of the server's, and never one that somebody chose. */
const CODED = new Set(['type', 'role', 'kind', 'format']);
/** For verifying, and for the eyes of nobody. */
const UNSAID = new Set(['digest']);
/** What has no name in the further words of its entry. */
const ABOUT: Readonly<Record<string, string>> = { vault: 'vault', secret: 'secret', member: 'person', user: 'person' };

function words(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Entries that follow one another on the same day of the reader's. */
export interface DayOfEntries {
  /** Of its own, also where a clock that was set back makes a day come twice. */
  readonly key: string;
  readonly day: string;
  readonly list: readonly AuditEvent[];
}

/** The trail by days, in its own order. */
export function byDay(events: readonly AuditEvent[]): DayOfEntries[] {
  const days: { key: string; day: string; list: AuditEvent[] }[] = [];
  const times = new Map<string, number>();
  for (const event of events) {
    const day = dayOf(event.at);
    const last = days.at(-1);
    if (last?.day === day) {
      last.list.push(event);
      continue;
    }
    const time = (times.get(day) ?? 0) + 1;
    times.set(day, time);
    days.push({ key: `${day} ${time}`, day, list: [event] });
  }
  return days;
}
