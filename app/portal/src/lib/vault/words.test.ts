import { describe, expect, it } from 'vitest';
import type { Secret, SecretType } from '../api/client';
import { grouped, shortMonth } from './card';
import { variables } from './dotenv';
import { hasCode, mainField, telling } from './types';

const record = (type: SecretType, fields: Record<string, string>, concealed: string[] = []) =>
  ({ type, fields, concealed, name: 'x' }) as unknown as Secret;

describe('a record in the list', () => {
  it('is told by its open fields', () => {
    expect(telling(record('PASSWORD', { username: 'root', url: 'https://db.example:5432/x' }))).toBe('root · db.example:5432');
    expect(telling(record('PAYMENT_CARD', { brand: 'Visa', lastDigits: '1111', cardholder: 'Ada' }))).toBe('Visa · •••• 1111 · Ada');
    expect(telling(record('SECURE_NOTE', {}))).toBe('');
  });

  it('copies what it is kept for', () => {
    expect(mainField(record('API_KEY', {}, ['notes', 'key']))).toBe('key');
    expect(mainField(record('IDENTITY', {}, ['passport']))).toBe('passport');
    expect(mainField(record('IDENTITY', {}))).toBeNull();
    expect([hasCode(record('TOTP', {})), hasCode(record('PASSWORD', {}))]).toEqual([true, false]);
  });
});

describe('a pasted text', () => {
  it.each([
    ['A=1\nB=2', 2],
    ['# a comment\nexport A="x"\n\nB=\'y\'\r\nC=', 3],
    ['DATABASE_URL=postgres://x', 1],
    ['just a value', 0],
    ['postgres://u:p@h/db?a=b', 0],
    ['dGVzdA==', 0],
    ['-----BEGIN KEY-----\nabc=\n-----END KEY-----', 0],
  ])('is a file of variables or not: %j', (text, count) => expect(variables(text)).toBe(count));
});

describe('a card', () => {
  it('has its number in groups', () => {
    expect(grouped('4111111111111111')).toBe('4111 1111 1111 1111');
    expect(grouped('378282246310005')).toBe('3782 822463 10005');
    expect(grouped('6304 9999-9')).toBe('6304 9999 9');
    expect(grouped('')).toBe('');
  });

  it('has its month as it is printed', () => {
    expect(shortMonth('2029-04')).toBe('04/29');
    expect(shortMonth('soon')).toBe('soon');
  });
});
