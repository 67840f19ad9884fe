import * as records from '../../lib/api/records';
import type { SecretType, SecretTypeInfo } from '../../lib/api/client';
import { Load } from '../load.svelte';

/** The server's table of types: forms and pages are drawn from it. Asked for once. */
class Types extends Load<SecretTypeInfo[]> {
  constructor() {
    super(records.secretTypes);
  }

  /** Asks unless it is known, or being asked. */
  want(): void {
    if (!this.value && !this.busy) void this.run();
  }

  of(type: SecretType): SecretTypeInfo | undefined {
    return this.value?.find((each) => each.type === type);
  }
}

export const types = new Types();
