import { http, outcome, type OrgRole, type PolicyChange, type Scope, type VaultRole } from './client';

/** The most items one page of the API holds. */
const LIMIT = 100;
const page = (cursor?: string) => ({ params: { query: { cursor, limit: LIMIT } } });

export const renameOrganization = (name: string) => outcome(http.PATCH('/api/v1/organization', { body: { name } }));
export const policy = () => outcome(http.GET('/api/v1/organization/policy'));
export const changePolicy = (body: PolicyChange) => outcome(http.PATCH('/api/v1/organization/policy', { body }));
export const transfer = (userId: string) => outcome(http.POST('/api/v1/organization/transfer', { body: { userId } }));
export const leave = () => outcome(http.POST('/api/v1/organization/leave'));
export const orphanedVaults = (cursor?: string) =>
  outcome(http.GET('/api/v1/organization/orphaned-vaults', page(cursor)));
export const adoptVault = (vaultId: string) =>
  outcome(http.POST('/api/v1/organization/orphaned-vaults/{vaultId}/adopt', { params: { path: { vaultId } } }));

export const members = (cursor?: string) => outcome(http.GET('/api/v1/members', page(cursor)));
export const changeRole = (userId: string, role: OrgRole) =>
  outcome(http.PATCH('/api/v1/members/{userId}', { params: { path: { userId } }, body: { role } }));
export type MemberAct = 'confirm' | 'deactivate' | 'reactivate';
export const actOnMember = (userId: string, act: MemberAct) =>
  outcome(http.POST(`/api/v1/members/{userId}/${act}`, { params: { path: { userId } } }));
export const removeMember = (userId: string) =>
  outcome(http.DELETE('/api/v1/members/{userId}', { params: { path: { userId } } }));
export const removeFactors = (userId: string) =>
  outcome(http.DELETE('/api/v1/members/{userId}/factors', { params: { path: { userId } } }));
export const resetLink = (userId: string) =>
  outcome(http.POST('/api/v1/members/{userId}/reset-link', { params: { path: { userId } } }));

export const invitations = (cursor?: string) => outcome(http.GET('/api/v1/invitations', page(cursor)));
export const invite = (body: { email: string; role: OrgRole; teamIds: string[] }) =>
  outcome(http.POST('/api/v1/invitations', { body }));
export const resendInvitation = (invitationId: string) =>
  outcome(http.POST('/api/v1/invitations/{invitationId}/resend', { params: { path: { invitationId } } }));
export const withdrawInvitation = (invitationId: string) =>
  outcome(http.DELETE('/api/v1/invitations/{invitationId}', { params: { path: { invitationId } } }));

export const teams = (cursor?: string) => outcome(http.GET('/api/v1/teams', page(cursor)));
export const createTeam = (body: { name: string; description: string }) =>
  outcome(http.POST('/api/v1/teams', { body }));
export const readTeam = (teamId: string) =>
  outcome(http.GET('/api/v1/teams/{teamId}', { params: { path: { teamId } } }));
export const changeTeam = (teamId: string, body: { name: string; description: string }) =>
  outcome(http.PATCH('/api/v1/teams/{teamId}', { params: { path: { teamId } }, body }));
export const deleteTeam = (teamId: string) =>
  outcome(http.DELETE('/api/v1/teams/{teamId}', { params: { path: { teamId } } }));
export const teamMembers = (teamId: string, cursor?: string) =>
  outcome(http.GET('/api/v1/teams/{teamId}/members', { params: { path: { teamId }, query: { cursor, limit: LIMIT } } }));
export const putTeamMember = (teamId: string, userId: string, role: VaultRole) =>
  outcome(http.PUT('/api/v1/teams/{teamId}/members/{userId}', { params: { path: { teamId, userId } }, body: { role } }));
export const dropTeamMember = (teamId: string, userId: string) =>
  outcome(http.DELETE('/api/v1/teams/{teamId}/members/{userId}', { params: { path: { teamId, userId } } }));

export const tokens = (cursor?: string) => outcome(http.GET('/api/v1/tokens', page(cursor)));
export const createToken = (body: { name: string; scopes: Scope[]; expiresAt: string | null }) =>
  outcome(http.POST('/api/v1/tokens', { body }));
export const revokeToken = (tokenId: string) =>
  outcome(http.DELETE('/api/v1/tokens/{tokenId}', { params: { path: { tokenId } } }));
