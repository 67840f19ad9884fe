import type { ImportFormat, ImportRow, SecretTypeInfo } from '../api/client';

interface Source {
  readonly format: ImportFormat;
  readonly label: string;
  /** What to export there. */
  readonly hint: string;
  /** Endings of files. */
  readonly accept: string;
}

/** Where secrets come from. */
export const SOURCES: readonly Source[] = [
  { format: 'bitwarden-json', label: 'Bitwarden', hint: 'JSON without encryption: cards, identities and keys come along.', accept: '.json' },
  { format: 'bitwarden-csv', label: 'Bitwarden, CSV', hint: 'Logins and notes.', accept: '.csv' },
  { format: '1password-1pux', label: '1Password', hint: 'A 1PUX file.', accept: '.1pux,.zip' },
  { format: '1password-csv', label: '1Password, CSV', hint: 'Logins.', accept: '.csv' },
  { format: 'keepass-kdbx', label: 'KeePass', hint: 'The database itself, version 4.', accept: '.kdbx' },
  { format: 'lastpass-csv', label: 'LastPass', hint: 'The CSV of its export.', accept: '.csv' },
  { format: 'browser-csv', label: 'A browser', hint: 'Passwords of Chrome, Edge, Firefox or Safari.', accept: '.csv' },
  { format: 'dotenv', label: '.env', hint: 'Each variable becomes a secret. It can be pasted, too.', accept: '.env,.txt,text/plain' },
  { format: 'csv', label: 'Another table', hint: 'Any CSV; you say what its columns hold.', accept: '.csv,.tsv,.txt' },
];

/** As the server has it. */
export const LARGEST = 10 * 1024 * 1024;

/** The format that a file's name suggests. */
export function guess(name: string): ImportFormat | null {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (/^\.env|\.env$/i.test(name)) return 'dotenv';
  if (ending === 'kdbx') return 'keepass-kdbx';
  if (ending === '1pux') return '1password-1pux';
  if (ending === 'json') return 'bitwarden-json';
  return null;
}

/** Bytes in base 64, a piece at a time: all at once would be too many arguments. */
export function base64(bytes: Uint8Array): string {
  const PIECE = 0x8000;
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** What a column of a table may hold, beside the fields of a type. */
export function columnsOf(info: SecretTypeInfo | undefined): { value: string; label: string }[] {
  const fields = (info?.fields ?? []).filter(({ derived }) => !derived).map(({ name, label }) => ({ value: name, label }));
  return [
    { value: 'name', label: 'Name' },
    ...fields,
    { value: 'otpauth', label: 'One-time code' },
    { value: 'folder', label: 'Folder' },
    { value: 'tags', label: 'Tags' },
    { value: 'favourite', label: 'Favourite' },
    { value: 'custom', label: 'A field of its own' },
    { value: 'customHidden', label: 'A hidden field of its own' },
    { value: 'ignore', label: 'Leave it out' },
  ].filter(({ value }, at, all) => all.findIndex((each) => each.value === value) === at);
}

/** Which rows are looked at. */
export type Shown = 'all' | 'faulty' | 'duplicates' | 'noticed';

/** Whether a row is there already, in the vault or further up. */
export function isDuplicate(row: ImportRow): boolean {
  return (row.duplicateOf ?? null) !== null || (row.duplicateOfLine ?? null) !== null;
}

export function shownRows(rows: readonly ImportRow[], shown: Shown): ImportRow[] {
  return rows.filter((row) => {
    if (shown === 'faulty') return row.problems.length > 0;
    if (shown === 'duplicates') return isDuplicate(row);
    return shown === 'all' || row.notices.length > 0;
  });
}
