import { isBuilt, type Part } from '../lib/built';
import type { Route } from '../lib/router';
import type { IconName } from '../ui/icons';
import { session } from './session.svelte';

/** A page that the navigation and the palette offer. */
export interface Entry {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
  /** The pages that it stands for; the first is itself. */
  readonly pages: readonly Route['page'][];
  readonly also: string;
  readonly manage?: boolean;
  readonly part?: Part;
}

const PAGES: readonly Entry[] = [
  { path: '/vaults', label: 'Vaults', icon: 'vault', pages: ['vaults', 'vault', 'trash', 'import', 'health'], also: 'secrets passwords home' },
  { path: '/secrets', label: 'All secrets', icon: 'key', pages: ['secrets'], also: 'search find passwords favourites', part: 'secrets' },
  { path: '/shared', label: 'Shared with me', icon: 'share', pages: ['shared'], also: 'single secrets given to me', part: 'shared' },
  { path: '/members', label: 'Members', icon: 'users', pages: ['members'], also: 'people users invitations roles', part: 'members', manage: true },
  { path: '/teams', label: 'Teams', icon: 'team', pages: ['teams', 'team'], also: 'groups people', part: 'teams' },
  { path: '/tokens', label: 'API tokens', icon: 'token', pages: ['tokens'], also: 'keys automation scripts', part: 'tokens', manage: true },
  { path: '/audit', label: 'Audit trail', icon: 'ledger', pages: ['audit'], also: 'log history events', manage: true },
  { path: '/organization', label: 'Organisation', icon: 'building', pages: ['organization'], also: 'settings policy leave', part: 'organization' },
];

/** The pages that this person can use. */
export function openPages(): Entry[] {
  return PAGES.filter(({ part, manage }) => (!part || isBuilt(part)) && (!manage || session.mayAudit));
}
