import * as calls from '../lib/api/calls';
import type { Vault } from '../lib/api/client';
import { Load } from './load.svelte';

/** The vaults that the person sees: one list for the sidebar and the pages. */
class Vaults extends Load<Vault[]> {
  constructor() {
    super(() => calls.all(calls.listVaults));
  }

  find(id: string): Vault | null {
    return this.value?.find((vault) => vault.id === id) ?? null;
  }

  put(vault: Vault): void {
    const list = this.value ?? [];
    this.value = list.some((each) => each.id === vault.id)
      ? list.map((each) => (each.id === vault.id ? vault : each))
      : [vault, ...list];
  }

  drop(id: string): void {
    this.value = this.value?.filter((vault) => vault.id !== id) ?? null;
  }

  /** Asks unless an answer is on its way already. */
  refresh(): void {
    if (!this.busy) void this.run();
  }
}

export const vaults = new Vaults();
