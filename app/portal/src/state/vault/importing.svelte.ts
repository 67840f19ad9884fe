import * as transfer from '../../lib/api/transfer';
import type { ImportFile, ImportFormat, ImportPreview, SecretType } from '../../lib/api/client';
import type { Problem } from '../../lib/problem';
import { base64, guess, LARGEST } from '../../lib/vault/import';

/** A text that was pasted elsewhere, on its way to the import. */
let pasted: string | null = null;
export function bring(text: string): void {
  pasted = text;
}

/** What the columns of a table were told to hold. */
type Mapping = Pick<NonNullable<ImportFile['mapping']>, 'type' | 'columns'>;

/** An import on its way: the file, what would come of it, and what came of it. It keeps nothing when the page goes. */
export class Importing {
  format = $state<ImportFormat>('bitwarden-json');
  name = $state('');
  password = $state('');
  keyName = $state('');
  text = $state('');
  type = $state<SecretType>('PASSWORD');
  columns = $state<Record<string, string>>({});
  duplicates = $state<'skip' | 'keep'>('skip');
  leaveOutFaulty = $state(false);
  preview = $state.raw<ImportPreview | null>(null);
  done = $state.raw<{ imported: number; faulty: number; duplicates: number } | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #file: Uint8Array | null = null;
  #key: Uint8Array | null = null;
  /** As the preview was read. */
  #mapping: Mapping | undefined;

  readonly ready = $derived(this.name !== '' || (this.format === 'dotenv' && this.text.trim() !== ''));
  /** How many would be stored as things are. */
  readonly count = $derived.by(() => {
    if (!this.preview) return 0;
    const { ready, faulty, rows, duplicates } = this.preview;
    if (faulty > 0 && !this.leaveOutFaulty) return 0;
    return this.duplicates === 'keep' ? Math.min(ready + duplicates, rows.length - faulty) : ready;
  });

  constructor(private readonly vaultId: string) {
    if (pasted === null) return;
    this.format = 'dotenv';
    this.text = pasted;
    pasted = null;
  }

  /** Takes a file; says so when it is too large. */
  async take(file: File): Promise<void> {
    if (file.size > LARGEST) return void (this.problem = tooLarge(file));
    this.problem = null;
    this.format = guess(file.name) ?? this.format;
    this.#file = new Uint8Array(await file.arrayBuffer());
    this.name = file.name;
    this.text = '';
  }

  async takeKey(file: File): Promise<void> {
    this.#key = new Uint8Array(await file.arrayBuffer());
    this.keyName = file.name;
  }

  #request(mapping: Mapping | undefined): ImportFile {
    const bytes = this.text.trim() ? new TextEncoder().encode(this.text) : (this.#file ?? new Uint8Array());
    return {
      format: this.format,
      file: base64(bytes),
      password: this.password || undefined,
      keyFile: this.#key ? base64(this.#key) : undefined,
      mapping: this.format === 'csv' ? mapping : undefined,
      duplicates: this.duplicates,
      leaveOutFaulty: this.leaveOutFaulty,
    };
  }

  async look(mapping?: Mapping): Promise<void> {
    this.busy = true;
    const answer = await transfer.preview(this.vaultId, this.#request(mapping));
    this.busy = false;
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    this.preview = answer.value;
    this.#mapping = mapping;
  }

  /** Reads the table anew as its columns were told. */
  async map(): Promise<void> {
    await this.look({ type: this.type, columns: this.columns });
  }

  /** Stores what the preview shows, whatever the columns were told since. */
  async store(): Promise<void> {
    this.busy = true;
    const answer = await transfer.importFile(this.vaultId, this.#request(this.#mapping));
    this.busy = false;
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    this.done = answer.value;
    this.forget();
  }

  /** Back to the choice of a file. */
  again(): void {
    this.preview = null;
    this.problem = null;
    this.#mapping = undefined;
    this.columns = {};
  }

  forget(): void {
    this.#file = null;
    this.#key = null;
    this.password = '';
    this.text = '';
    this.name = '';
    this.preview = null;
  }
}

function tooLarge(file: File): Problem {
  const mib = Math.ceil(file.size / 1024 / 1024);
  return { code: 'too-large', status: 0, title: 'The file is too large', detail: `It has ${mib} MiB; at most 10 are read.`, fields: {}, retryAfterSec: null, requestId: null };
}
