import { describe, expect, it } from 'vitest';
import { missing } from './setup-rules';

const good = {
  organizationName: 'Acme',
  name: 'Ada',
  email: 'ada@acme.example',
  password: 'twelve chars',
  again: 'twelve chars',
};

describe('the setup form', () => {
  it('lets a whole one pass', () => {
    expect(missing(good)).toEqual({});
  });

  it.each([
    [{ organizationName: ' ' }, 'organizationName'],
    [{ name: '' }, 'name'],
    [{ email: 'ada' }, 'email'],
    [{ email: 'a b@c' }, 'email'],
    [{ password: 'eleven char' }, 'password'],
    [{ again: 'twelve charz' }, 'again'],
  ])('names what is wrong with %o', (part, field) => {
    expect(Object.keys(missing({ ...good, ...part }))).toEqual([field]);
  });

  it('counts characters, not their halves', () => {
    expect(missing({ ...good, password: '😀😀😀😀😀😀', again: '😀😀😀😀😀😀' })).toHaveProperty('password');
  });
});
