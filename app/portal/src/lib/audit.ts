import type { AuditEvent } from './api/client';

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
  'vault.shared': open('shared a vault'),
  'vault.unshared': plain('took a role in a vault away'),
  'secret.created': plain('stored a secret'),
  'secret.updated': plain('changed a secret'),
  'secret.imported': plain('imported a secret'),
  'secret.revealed': open('revealed a secret'),
  'secret.copied': open('copied a secret'),
  'secret.code-shown': open('saw a one-time code'),
  'secret.version-revealed': open('revealed an earlier version of a secret'),
  'secret.version-restored': plain('restored an earlier version of a secret'),
  'secret.trashed': gone('put a secret into the trash'),
  'secret.restored': plain('took a secret out of the trash'),
  'secret.moved': plain('moved a secret to another vault'),
  'secret.tagged': plain('tagged a secret'),
  'secret.favourited': plain('keeps a secret at hand'),
  'secret.unfavourited': plain('no longer keeps a secret at hand'),
  'secret.deleted': gone('deleted a secret for good'),
  'secret.shared': open('shared a secret'),
  'secret.unshared': plain('took a role in a secret away'),
  'link.made': open('made a link to a secret'),
  'link.opened': open('opened a link to a secret'),
  'link.refused': plain('brought a link and a wrong passphrase'),
  'link.withdrawn': gone('withdrew a link to a secret'),
  'attachment.added': plain('attached a file to a secret'),
  'attachment.read': open('read a file of a secret'),
  'attachment.removed': gone('removed a file from a secret'),
  'data-keys.rewrapped': plain('wrapped data keys anew'),
  'master-key.rotated': plain('replaced the master key'),
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

/** Whom and what an entry is about, and its further words: by name where that is known. */
export function shownDetails(event: AuditEvent, nameOf: (id: string) => string | undefined): [string, string][] {
  const pairs = Object.entries(event.detail as Record<string, unknown>).map(([name, value]): [string, string] => {
    const text = words(value);
    return [LABELS[name] ?? name, nameOf(text) ?? text];
  });
  const { resource, actor } = event;
  const label = resource && ABOUT[resource.type];
  // What somebody does to their own account says who already.
  if (!label || resource.id === actor?.id) return pairs;
  // A secret's name is sealed with it: the trail knows it by the end of its id.
  return [[label, nameOf(resource.id) ?? `…${resource.id.slice(-8)}`], ...pairs];
}

const LABELS: Readonly<Record<string, string>> = { vaultId: 'vault', userId: 'person', teamId: 'team' };
/** What has no name in the further words of its entry. */
const ABOUT: Readonly<Record<string, string>> = { secret: 'secret', member: 'person', user: 'person' };

function words(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
