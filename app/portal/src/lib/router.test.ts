import { describe, expect, it } from 'vitest';
import { isBuilt } from './built';
import { isOpen, isOwnClick, isPublic, routeOf, safeNext, linkToken, signInPath } from './router';

const at = (path: string) => new URL(path, 'https://vault.example.com');
const ID = '01936b5e-7c1f-7d3a-9b3c-0123456789ab';

describe('addresses', () => {
  it.each([
    ['/', 'vaults'],
    ['/vaults', 'vaults'],
    ['/vaults/', 'vaults'],
    [`/vaults/${ID}`, 'vault'],
    [`/vaults/${ID}/`, 'vault'],
    ['/vaults/none', 'not-found'],
    [`/vaults/${ID}/more`, 'not-found'],
    ['/setup', 'setup'],
    ['/sign-in', 'sign-in'],
    ['/audit', 'audit'],
    ['/vaultsx', 'not-found'],
  ])('%s is the page %s', (path, page) => {
    expect(routeOf(at(path)).page).toBe(page);
  });

  it.each([
    ['/account', 'account', 'account'],
    ['/members', 'members', 'members'],
    ['/teams', 'teams', 'teams'],
    [`/teams/${ID}`, 'team', 'teams'],
    ['/tokens', 'tokens', 'tokens'],
    ['/organization', 'organization', 'organization'],
    ['/sign-up', 'sign-up', 'signUp'],
    ['/forgotten', 'forgotten', 'forgotten'],
    ['/reset', 'reset', 'reset'],
    ['/confirm-email', 'confirm-email', 'email'],
    ['/invitation', 'invitation', 'invitations'],
  ] as const)('%s is the page %s where the server has its routes', (path, page, part) => {
    expect(routeOf(at(path)).page).toBe(isBuilt(part) ? page : 'not-found');
  });

  it('tells links of letters from pages for those outside', () => {
    for (const page of ['reset', 'confirm-email', 'invitation'] as const) {
      expect([isOpen({ page }), isPublic({ page })]).toEqual([true, false]);
    }
    for (const page of ['sign-up', 'forgotten', 'setup'] as const) {
      expect([isOpen({ page }), isPublic({ page })]).toEqual([false, true]);
    }
  });

  it('carries the id of a vault', () => {
    expect(routeOf(at(`/vaults/${ID}`))).toEqual({ page: 'vault', vaultId: ID });
  });

  it('knows the pages for everybody', () => {
    expect(isPublic(routeOf(at('/setup')))).toBe(true);
    expect(isPublic(routeOf(at('/vaults')))).toBe(false);
  });
});

describe('the way back after signing in', () => {
  it('leads back to where one was', () => {
    expect(safeNext(at(signInPath(`/vaults/${ID}`)))).toBe(`/vaults/${ID}`);
    expect(safeNext(at(signInPath('/audit')))).toBe('/audit');
    expect(signInPath('/')).toBe('/sign-in');
  });

  it.each([
    'https://evil.test/vaults',
    '//evil.test/vaults',
    '/\\evil.test/vaults',
    '\\\\evil.test',
    'javascript:alert(1)',
    '/sign-in',
    '/setup',
    '/nowhere',
    '//',
    '',
  ])('never follows %s', (next) => {
    expect(safeNext(at(`/sign-in?next=${encodeURIComponent(next)}`))).toBe('/vaults');
  });
});

describe('the setup link', () => {
  it('keeps its token in the fragment', () => {
    expect(linkToken('#token=abc-DEF_1')).toBe('abc-DEF_1');
    expect(linkToken('#token=')).toBeNull();
    expect(linkToken('')).toBeNull();
    expect(linkToken('#other=1')).toBeNull();
  });
});

describe('clicks on links', () => {
  const click = (init: MouseEventInit = {}) => new MouseEvent('click', { cancelable: true, ...init });
  const link = (attributes: Record<string, string>) => {
    const element = document.createElement('a');
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const own = (event: MouseEvent, element: HTMLAnchorElement) =>
    isOwnClick(event, element, location.origin);

  it('are ours when plain and inside', () => {
    expect(own(click(), link({ href: '/vaults' }))).toBe(true);
  });

  it('are the browser’s otherwise', () => {
    expect(own(click({ ctrlKey: true }), link({ href: '/vaults' }))).toBe(false);
    expect(own(click({ button: 1 }), link({ href: '/vaults' }))).toBe(false);
    expect(own(click(), link({ href: 'https://evil.test/' }))).toBe(false);
    expect(own(click(), link({ href: '/vaults', target: '_blank' }))).toBe(false);
    expect(own(click(), link({ href: '/vaults', download: '' }))).toBe(false);
    expect(own(click(), link({ href: '#main' }))).toBe(false);
    const prevented = click();
    prevented.preventDefault();
    expect(own(prevented, link({ href: '/vaults' }))).toBe(false);
  });
});
