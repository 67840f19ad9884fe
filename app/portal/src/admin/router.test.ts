import { describe, expect, it } from 'vitest';
import { nextOf, routeOf } from './router';

const at = (path: string) => new URL(path, 'http://localhost:4100');
const ID = '01936b5e-7c1f-7d3a-9b3c-0123456789ab';

describe('the addresses of the platform', () => {
  it('lead to pages, and unknown ones to none', () => {
    expect(routeOf(at('/'))).toEqual({ page: 'overview' });
    expect(routeOf(at('/organizations/'))).toEqual({ page: 'organizations' });
    expect(routeOf(at(`/organizations/${ID}`))).toEqual({ page: 'organization', id: ID });
    for (const path of ['/constructor', '/organizations/x', `/organizations/${ID}/people`, '/vaults']) {
      expect(routeOf(at(path)), path).toEqual({ page: 'not-found' });
    }
  });

  it('are where one returns to, and no other site is', () => {
    expect(nextOf(at('/sign-in?next=/trail'))).toBe('/trail');
    for (const next of ['//evil.test/trail', 'https://evil.test', '/\\evil.test', '/sign-in', '/enter', '/nowhere', '']) {
      expect(nextOf(at(`/sign-in?next=${encodeURIComponent(next)}`)), next).toBe('/');
    }
  });
});
