import type { Secret } from '../../lib/api/client';

/** What is being dragged towards another vault. */
class Drag {
  records = $state.raw<readonly Secret[]>([]);
  #drop: ((records: readonly Secret[], vaultId: string) => void) | null = null;

  /** Nothing of a record is handed to the system: another program learns that something was dragged. */
  start(event: DragEvent, records: readonly Secret[], drop: (records: readonly Secret[], vaultId: string) => void): void {
    this.records = records;
    this.#drop = drop;
    event.dataTransfer?.setData('application/x-vaultterm', String(records.length));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
  }

  /** Whether a vault may take them: somebody who writes there, and not where they are. */
  fits(vaultId: string): boolean {
    return this.records.length > 0 && this.records.some((record) => record.vaultId !== vaultId);
  }

  drop(vaultId: string): void {
    if (this.fits(vaultId)) this.#drop?.(this.records, vaultId);
    this.end();
  }

  end(): void {
    this.records = [];
    this.#drop = null;
  }
}

export const drag = new Drag();
