import * as calls from '../lib/api/calls';
import type { License } from '../lib/api/client';
import { session } from './session.svelte';

/** Asked again so often: a renewal ends the banner on a page that stays open. */
const EVERY_MS = 10 * 60 * 1000;

/** The licence, for owners and admins; others are not told and do not ask. */
class LicenseState {
  value = $state.raw<License | null>(null);

  /** Asks now and from time to time, as long as whoever calls is on the page. */
  watch(): void {
    $effect(() => {
      if (!session.mayAudit) {
        this.value = null;
        return;
      }
      void this.#ask();
      const timer = setInterval(() => void this.#ask(), EVERY_MS);
      return () => clearInterval(timer);
    });
  }

  /** What was known stays when it cannot be asked: it is no reason to show an error. */
  async #ask(): Promise<void> {
    const answer = await calls.license();
    if (answer.ok) this.value = answer.value;
  }
}

export const license = new LicenseState();
