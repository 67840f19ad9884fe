import { describe, expect, it } from 'vitest';
import { domains, endsAfter, factorNames, rolesToGive, SCOPES, stateOf, wholeNumber } from './people';
import { asSheet } from './recovery';

describe('people in words', () => {
  it('says how somebody signed in', () => {
    expect(factorNames(['password', 'totp'])).toBe('signed in by password and authenticator app');
    expect(factorNames(['new-thing'])).toBe('signed in by new-thing');
    expect(factorNames([])).toBe('');
  });

  it('lets nobody give what they do not have', () => {
    expect(rolesToGive('owner').map(({ value }) => value)).toEqual(['member', 'admin', 'owner']);
    expect(rolesToGive('admin').map(({ value }) => value)).toEqual(['member', 'admin']);
  });

  it('names every state, also one that it does not know', () => {
    expect(stateOf('confirmed')).toBeNull();
    expect(stateOf('accepted')).toMatchObject({ tone: 'brass' });
    expect(stateOf('revoked')).toMatchObject({ tone: 'danger' });
    expect(stateOf('new')).toEqual({ word: 'new', tone: 'plain' });
  });

  it('knows each scope once', () => {
    expect(new Set(SCOPES.map(({ name }) => name)).size).toBe(SCOPES.length);
  });
});

describe('what is typed into settings', () => {
  it('is a number, nothing, or wrong', () => {
    expect(wholeNumber(' 30 ')).toBe(30);
    expect(wholeNumber('')).toBeNull();
    for (const text of ['-1', '1.5', 'x', '1234567']) expect(wholeNumber(text)).toBeUndefined();
  });

  it('is a list of domains however it is written', () => {
    expect(domains('@Acme.example, beta.example.\nada@acme.example;;')).toEqual(['acme.example', 'beta.example']);
    expect(domains('  ')).toEqual([]);
  });

  it('is a day to end on, or none', () => {
    expect(endsAfter('30', new Date('2026-11-01T00:00:00Z'))).toBe('2026-12-01T00:00:00.000Z');
    for (const days of ['', '0', '-3', 'x']) expect(endsAfter(days)).toBeNull();
  });
});

describe('the sheet of recovery codes', () => {
  it('says whose they are and holds them all', () => {
    const sheet = asSheet(['aaaa-bbbb', 'cccc-dddd'], 'ada@acme.example', 'vault.acme.example', new Date(0));
    expect(sheet).toContain('ada@acme.example at vault.acme.example');
    expect(sheet).toContain('\naaaa-bbbb\ncccc-dddd\n');
  });
});
