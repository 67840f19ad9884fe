import { place } from './place.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';
import { vaults } from './vaults.svelte';

/** Signs out and shows the door; says so when the server could not be told. */
export async function leave(): Promise<void> {
  const problem = await session.signOut();
  if (problem) toasts.failed(`You are still signed in. ${problem.title}.`);
  else place.go('/sign-in');
}

/** Goes on in another of the person's organisations. */
export async function moveTo(organizationId: string): Promise<void> {
  if (organizationId === session.me?.organization.id) return;
  const problem = await session.switchTo(organizationId);
  if (problem) return toasts.failed(`${problem.title}. ${problem.detail}`);
  // The page may have asked for its list already, and the answer would be dropped with the old one.
  vaults.forget();
  void vaults.run();
  place.go('/vaults');
  toasts.done(`You are in ${session.me?.organization.name} now`);
}
