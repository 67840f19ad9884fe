import {
  ask,
  type ApiToken,
  type Invitation,
  type InvitationSent,
  type Member,
  type OrgRole,
  type OrphanedVault,
  type Page,
  type Policy,
  type Team,
  type TeamMember,
  type TeamRole,
} from './contract';

const LIMIT = 100;
const page = (cursor?: string) => ({ query: { cursor, limit: LIMIT } });

export const organization = () => ask<{ id: string; name: string }>('get', '/organization');
export const renameOrganization = (name: string) =>
  ask<{ id: string; name: string }>('patch', '/organization', { body: { name } });
export const policy = () => ask<Policy>('get', '/organization/policy');
export const changePolicy = (body: Partial<Policy>) => ask<Policy>('patch', '/organization/policy', { body });
export const transfer = (userId: string) => ask<unknown>('post', '/organization/transfer', { body: { userId } });
export const leave = () => ask<unknown>('post', '/organization/leave');
export const orphanedVaults = (cursor?: string) =>
  ask<Page<OrphanedVault>>('get', '/organization/orphaned-vaults', page(cursor));
export const adoptVault = (vaultId: string) =>
  ask<unknown>('post', '/organization/orphaned-vaults/{vaultId}/adopt', { path: { vaultId } });

export const members = (cursor?: string) => ask<Page<Member>>('get', '/members', page(cursor));
export const changeRole = (userId: string, role: OrgRole) =>
  ask<unknown>('patch', '/members/{userId}', { path: { userId }, body: { role } });
export type MemberAct = 'confirm' | 'deactivate' | 'reactivate';
export const actOnMember = (userId: string, act: MemberAct) =>
  ask<unknown>('post', `/members/{userId}/${act}`, { path: { userId } });
export const removeMember = (userId: string) => ask<unknown>('delete', '/members/{userId}', { path: { userId } });
export const resetLink = (userId: string) =>
  ask<{ url: string; expiresAt: string }>('post', '/members/{userId}/reset-link', { path: { userId } });

export const invitations = (cursor?: string) => ask<Page<Invitation>>('get', '/invitations', page(cursor));
export const invite = (body: { email: string; role: OrgRole; teamIds: string[] }) =>
  ask<InvitationSent>('post', '/invitations', { body });
export const resendInvitation = (invitationId: string) =>
  ask<InvitationSent>('post', '/invitations/{invitationId}/resend', { path: { invitationId } });
export const withdrawInvitation = (invitationId: string) =>
  ask<unknown>('delete', '/invitations/{invitationId}', { path: { invitationId } });

export const teams = (cursor?: string) => ask<Page<Team>>('get', '/teams', page(cursor));
/** Every team of the organisation, for whoever manages it; what cannot be read is left out. */
export async function allTeams(): Promise<Team[]> {
  const found: Team[] = [];
  let cursor: string | undefined;
  do {
    const answer = await teams(cursor);
    if (!answer.ok) return found;
    found.push(...answer.value.items);
    cursor = answer.value.nextCursor ?? undefined;
  } while (cursor);
  return found;
}
export const createTeam = (body: { name: string; description: string }) => ask<Team>('post', '/teams', { body });
export const readTeam = (teamId: string) => ask<Team>('get', '/teams/{teamId}', { path: { teamId } });
export const changeTeam = (teamId: string, body: { name: string; description: string }) =>
  ask<Team>('patch', '/teams/{teamId}', { path: { teamId }, body });
export const deleteTeam = (teamId: string) => ask<unknown>('delete', '/teams/{teamId}', { path: { teamId } });
export const teamMembers = (teamId: string, cursor?: string) =>
  ask<Page<TeamMember>>('get', '/teams/{teamId}/members', { path: { teamId }, ...page(cursor) });
export const putTeamMember = (teamId: string, userId: string, role: TeamRole) =>
  ask<unknown>('put', '/teams/{teamId}/members/{userId}', { path: { teamId, userId }, body: { role } });
export const dropTeamMember = (teamId: string, userId: string) =>
  ask<unknown>('delete', '/teams/{teamId}/members/{userId}', { path: { teamId, userId } });

export const tokens = (cursor?: string) => ask<Page<ApiToken>>('get', '/tokens', page(cursor));
export const createToken = (body: { name: string; scopes: string[]; expiresAt: string | null }) =>
  ask<{ token: ApiToken; secret: string }>('post', '/tokens', { body });
export const revokeToken = (tokenId: string) => ask<unknown>('delete', '/tokens/{tokenId}', { path: { tokenId } });
