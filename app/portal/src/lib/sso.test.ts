import { describe, expect, it } from 'vitest';
import { organizationOf } from './sso';
import { refusalOf } from './sso-refusal';

const at = (query: string) => new URL(`https://vault.example.com/sign-in${query}`);

describe('coming back from an identity provider', () => {
  it('says what became of it, in words of ours', () => {
    expect(refusalOf(at(''))).toBeNull();
    expect(refusalOf(at('?refused=sso-no-seat'))?.title).toBe('All seats are taken');
    for (const made of ['<script>', 'constructor', '__proto__', '']) {
      expect(refusalOf(at(`?refused=${encodeURIComponent(made)}`))?.title).toBe('Single sign-on did not work');
    }
  });

  it('takes an organisation from the address, and nothing else', () => {
    const id = '0198c0de-0000-7000-8000-000000000001';
    expect(organizationOf(at(`?organization=${id}`))).toBe(id);
    expect(organizationOf(at('?organization=..%2Fme'))).toBeNull();
    expect(organizationOf(at(''))).toBeNull();
  });
});
