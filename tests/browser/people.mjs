// The people of an organisation: asked to join, put into teams, given roles and taken out again.
//
//   tests/bin/portal node tests/browser/people.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { GUEST, OWNER, VAULT } from './lib/cast.mjs';
import * as crowd from './lib/crowd.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'admin-url', 'setup-link', 'admin-link', 'out']);
  const session = await openBrowser(given['base-url'], [given['admin-url']]);
  const out = `${given.out}/people`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, person, portfolio, given }, step) => {
  const base = given['base-url'];
  const ada = new Hands(page);
  const look = (name, whose = page) => portfolio.look(name, whose);
  // Before anybody is signed in, asking who is answers 401; before a proof, a sensitive act answers 403.
  seen.expected.push('401 /api/v1/me', '401 /admin/api/me', '403 /api/v1/members/*', '403 /api/v1/members/*/reset-link', '403 /api/v1/tokens');
  seen.expected.push('409 /api/v1/organization/leave', '403 /api/v1/organization/transfer', '403 /api/v1/members/*/factors', '403 /api/v1/me/factors/passkeys', '403 /api/v1/me/factors/totp/*/confirm');

  await step('set up', async () => {
    await steps.setUp(page, given['setup-link']);
    await steps.createVault(page, VAULT, 'Create a vault');
  });

  await step('alone', async () => {
    await ada.go(`${base}/members`, 'Members');
    await page.getByText('You are alone here').waitFor();
    await look('members-alone');
  });

  let link;
  await step('invited, with the keyboard alone, from the palette', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await look('palette');
    await page.keyboard.type('nothing of this name');
    await page.getByText('Nothing is called').waitFor();
    await look('palette-nothing');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('invite');
    await page.keyboard.press('Enter');
    const dialog = ada.dialog('Invite somebody');
    await dialog.waitFor();
    await look('invite');
    await page.keyboard.press('Enter');
    await page.getByText('Enter an e-mail address.').waitFor();
    await page.keyboard.type(GUEST.email);
    await page.keyboard.press('Enter');
    link = await ada.shown('Invitation link');
    await look('invited');
    await page.keyboard.press('Escape');
    await ada.dialog('The invitation is made').waitFor({ state: 'hidden' });
    await ada.row('Invitations', GUEST.email).waitFor();
    await look('invitations');
  });

  const ben = new Hands((await person()).page);
  await step('the invitation is accepted by somebody new', async () => {
    await ben.go(link, `Join ${OWNER.organization}`);
    steps.ensure(!ben.page.url().includes('token'), 'the token stays in the address');
    await look('invitation', ben.page);
    await ben.press('Create account and join');
    await ben.page.getByText('Enter your name.').waitFor();
    await ben.fill({ 'Your name': GUEST.name, Password: GUEST.password, 'Password again': GUEST.password });
    await ben.press('Create account and join');
    await ben.heading('Vaults').waitFor();
    await look('member-vaults', ben.page);
  });
  await step('and works once', async () => {
    seen.expected.push('404 /api/v1/auth/invitations/check');
    await ben.go('about:blank');
    await ben.go(link);
    await ben.page.getByText('This invitation does not open anything').waitFor();
    await look('invitation-over', ben.page);
  });
  await step('a member sees no pages of admins', async () => {
    await ben.go(`${base}/vaults`, 'Vaults');
    const places = ben.page.getByRole('navigation', { name: 'Main' }).getByRole('link');
    steps.ensure(!(await places.allInnerTexts()).some((text) => /Members|tokens|Audit/.test(text)), 'a member is led to pages of admins');
    await ben.go(`${base}/teams`, 'Teams');
    await ben.go(`${base}/organization`, 'Organisation');
    await look('organisation-member', ben.page);
  });

  await step('an admin is made, by a fresh proof', async () => {
    await ada.go(`${base}/members`, 'Members');
    await ada.row('Members', GUEST.name).waitFor();
    await ada.choose(`More for ${GUEST.name}`, 'Change role');
    await ada.field('Role').selectOption('admin');
    await look('role');
    await ada.press('Change role', page.getByRole('dialog'));
    await ada.dialog('Confirm that it is you').waitFor();
    await ada.field('Password').waitFor();
    await look('step-up-password');
    await ada.proveByPassword(OWNER.password);
    await ada.row('Members', GUEST.name).getByText('Admin', { exact: true }).waitFor();
    await look('members');
  });
  await step('whoever turns away from a proof has done nothing', async () => {
    await ada.choose(`More for ${GUEST.name}`, 'Change role');
    await ada.field('Role').selectOption('owner');
    await ada.press('Change role', page.getByRole('dialog'));
    await ada.dialog('Confirm that it is you').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').getByRole('alert').first().waitFor();
    await look('step-up-refused');
    await page.keyboard.press('Escape');
    await ada.row('Members', GUEST.name).getByText('Admin', { exact: true }).waitFor();
  });

  await step('a team', () => crowd.team(ada, ben, base, look));
  await step('a token is shown once', () => crowd.token(ada, base, look, seen));
  await step('forgotten: an admin makes a link', () => crowd.reset(ada, ben, base, look, seen));
  await step('the policy', () => crowd.policy(ada, ben, base, look, seen));
  await step('a second organisation, and between the two', () => crowd.twoOrganizations(ada, person, given, look));
  await step('handed over, and back', () => crowd.handOver(ada, ben, base, look));
  await step('without their factors', () => crowd.lostFactors(ada, ben, base, look));
  await step('out, in again, and gone', () => crowd.removal(ada, ben, base, look));
  await step('the trail knows all of it', async () => {
    await ada.go(`${base}/audit`, 'Audit trail');
    await page.getByText('removed a member').first().waitFor();
    await look('trail');
  });
});
