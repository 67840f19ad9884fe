import type { VaultRole } from './api/client';

/** What may be done in a vault; the server decides, the portal only hides what would be refused. */
export type Gate = 'read' | 'write' | 'delete' | 'move' | 'share' | 'manage';

const ORDER: readonly VaultRole[] = ['VIEWER', 'EDITOR', 'ADMIN', 'OWNER'];
const LEAST: Readonly<Record<Gate, VaultRole>> = {
  read: 'VIEWER',
  write: 'EDITOR',
  delete: 'ADMIN',
  // Out of a vault; the other one has to be written to.
  move: 'ADMIN',
  share: 'ADMIN',
  manage: 'OWNER',
};

/** Whether a role passes a gate. */
export function may(role: VaultRole, gate: Gate): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(LEAST[gate]);
}

/** A role as people read it. */
export function roleName(role: string): string {
  return role.charAt(0).toUpperCase() + role.slice(1).toLowerCase();
}
