import { describe, expect, it } from 'vitest';
import { digits, isEmail, missingPassword } from './passwords';
import { judge } from './strength';

describe('the strength of a password', () => {
  it('is judged by how it would be guessed', async () => {
    const strength = await judge();
    expect(strength('password1234', []).score).toBeLessThan(2);
    expect(strength('password1234', []).hint).not.toBe('');
    expect(strength('a quiet harbour in november', []).score).toBe(4);
  });

  it('counts what is known of the person', async () => {
    const strength = await judge();
    const own = strength('adalindqvist', ['adalindqvist']).score;
    expect(own).toBeLessThan(strength('adalindqvist', []).score);
  });

  it('does not take long for a long one', async () => {
    const strength = await judge();
    const begun = performance.now();
    strength('ab1!'.repeat(250), []);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('a new password', () => {
  it('is long enough and typed twice alike', () => {
    expect(missingPassword({ password: 'twelve chars', again: 'twelve chars' })).toEqual({});
    expect(missingPassword({ password: 'eleven char', again: '' })).toHaveProperty('password');
    expect(missingPassword({ password: 'twelve chars', again: 'x' })).toHaveProperty('again');
  });
});

describe('what is typed', () => {
  it('is read kindly', () => {
    expect(digits(' 123 456')).toBe('123456');
    expect(digits('１２３-456')).toBe('123456');
    expect(isEmail('ada@acme.example')).toBe(true);
    expect(isEmail('ada')).toBe(false);
  });
});
