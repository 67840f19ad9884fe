import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../api/client';
import { base64, columnsOf, guess, shownRows } from './import';

const row = (more: Partial<ImportRow>): ImportRow => ({
  line: 1, type: 'PASSWORD', name: 'a', fields: {}, concealed: [], customFields: [], tags: [], folder: null, favourite: false,
  duplicateOf: null, duplicateOfLine: null, notices: [], problems: [], ...more,
});

describe('a file to be imported', () => {
  it.each([['vault.kdbx', 'keepass-kdbx'], ['.env', 'dotenv'], ['.env.production', 'dotenv'], ['prod.env', 'dotenv'], ['x.1PUX', '1password-1pux'], ['export.json', 'bitwarden-json'], ['logins.csv', null]])(
    '%s suggests %s', (name, format) => expect(guess(name)).toBe(format),
  );

  it('travels whole, however long', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256);
    const back = Uint8Array.from(atob(base64(bytes)), (character) => character.charCodeAt(0));
    expect(back).toEqual(bytes);
    expect(base64(new Uint8Array())).toBe('');
  });

  it('shows the rows that somebody asks for', () => {
    const rows = [row({}), row({ problems: ['no name'] }), row({ duplicateOf: 's' }), row({ duplicateOfLine: 1, notices: ['cut'] })];
    expect((['all', 'faulty', 'duplicates', 'noticed'] as const).map((shown) => shownRows(rows, shown).length)).toEqual([4, 1, 2, 1]);
  });

  it('offers each meaning of a column once', () => {
    const values = columnsOf({ type: 'TOTP', label: '', fields: [{ name: 'otpauth', label: 'Seed', form: 'otpauth', concealed: true, required: true, derived: false, max: 1 }] }).map(({ value }) => value);
    expect(new Set(values).size).toBe(values.length);
  });
});
