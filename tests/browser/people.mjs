// The people of an organisation: asked to join, put into teams, given roles and taken out again.
//
//   tests/bin/portal node tests/browser/people.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { GUEST, OPERATOR, OWNER, VAULT } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import { SecurityKey } from './lib/security-key.mjs';
import * as steps from './lib/steps.mjs';
import { Authenticator } from './lib/totp.mjs';

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
  seen.expected.push('409 /api/v1/organization/leave', '403 /api/v1/organization/transfer', '403 /api/v1/me/factors/passkeys', '403 /api/v1/me/factors/totp/*/confirm');

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

  await step('a team', () => team(ada, ben, base, look));
  await step('a token is shown once', () => token(ada, base, look, seen));
  await step('forgotten: an admin makes a link', () => reset(ada, ben, base, look, seen));
  await step('the policy', () => policy(ada, ben, base, look, seen));
  await step('a second organisation, and between the two', () => twoOrganizations(ada, person, given, look));
  await step('handed over, and back', () => handOver(ada, ben, base, look));
  await step('out, in again, and gone', () => removal(ada, ben, base, look));
  await step('the trail knows all of it', async () => {
    await ada.go(`${base}/audit`, 'Audit trail');
    await page.getByText('removed a member').first().waitFor();
    await look('trail');
  });
});

async function team(ada, ben, base, look) {
  const { page } = ada;
  await ada.go(`${base}/teams`, 'Teams');
  await look('teams-none');
  await ada.press('Create a team');
  await ada.field('Name').fill('Night shift');
  await page.getByLabel(/^Description/).fill('Whoever answers the telephone after ten.');
  await page.keyboard.press('Tab');
  await ada.press('Create team');
  await ada.heading('Night shift').waitFor();
  await look('team-empty');
  await ada.button('Add people').first().click();
  await ada.field('Person').selectOption({ label: `${GUEST.name} (${GUEST.email})` });
  await look('team-add');
  await ada.press('Add', page.getByRole('dialog'));
  await ada.row('People of this team', GUEST.name).waitFor();
  await ada.choose(`More for ${GUEST.name}`, 'Change role');
  await ada.field('Role').selectOption('ADMIN');
  await ada.press('Change role', page.getByRole('dialog'));
  await ada.row('People of this team', GUEST.name).getByText('Admin').waitFor();
  await look('team');
  await ben.go(`${base}/teams`, 'Teams');
  await ben.page.getByRole('link', { name: 'Night shift' }).click();
  await ben.button('Add people').waitFor();
  await ada.go(`${base}/teams`, 'Teams');
  await look('teams');
}

async function token(ada, base, look, seen) {
  const { page } = ada;
  await ada.go(`${base}/tokens`, 'API tokens');
  await look('tokens-none');
  await ada.press('Create a token');
  await ada.field('Name').fill('Nightly backup check');
  await ada.field('See people').check();
  await look('token-new');
  await ada.press('Create token');
  await ada.proveByPassword(OWNER.password);
  const secret = await ada.shown('Token');
  await look('token-shown');
  await ada.press('Done');
  const ask = () => fetch(`${base}/api/v1/members`, { headers: { authorization: `Bearer ${secret}` } });
  steps.ensure((await ask()).status === 200, 'the token opens what its scope says');
  await page.reload();
  await ada.row('API tokens', 'Nightly backup check').getByText(/^Used/).waitFor();
  steps.ensure(!(await page.content()).includes(secret), 'the token is shown again');
  await look('tokens');
  await ada.press('Revoke Nightly backup check');
  await look('token-revoke');
  await ada.press('Revoke token');
  await page.getByText('No tokens yet').waitFor();
  steps.ensure((await ask()).status === 401, 'a revoked token is refused');
  seen.expected.push('401 /api/v1/members');
}

async function reset(ada, ben, base, look, seen) {
  await ada.go(`${base}/members`, 'Members');
  await ada.choose(`More for ${GUEST.name}`, 'Make a reset link');
  await ada.proveByPassword(OWNER.password);
  const link = await ada.shown('Reset link');
  await look('reset-link');
  await ada.press('Done');
  await ben.signOut();
  await ben.page.getByRole('link', { name: /Forgot/ }).click();
  await ben.page.getByText('This server sends no mail').waitFor();
  await look('forgotten-no-mail', ben.page);
  await ben.go(link, 'Choose a new password');
  await look('reset', ben.page);
  GUEST.password = 'eleven herons in a row';
  await ben.fill({ 'New password': GUEST.password, 'New password again': GUEST.password });
  await ben.press('Change password');
  await ben.page.getByText('Your password is changed').waitFor();
  await look('reset-done', ben.page);
  await ben.page.getByRole('link', { name: 'Go to sign-in' }).click();
  await ben.signIn(GUEST.email, GUEST.password);
  await ben.heading('Vaults').waitFor();
  seen.expected.push('404 /api/v1/auth/reset');
}

async function policy(ada, ben, base, look, seen) {
  const { page } = ada;
  await ada.go(`${base}/organization`, 'Organisation');
  await ada.button('Save policy').waitFor();
  await look('organisation');
  await ada.field('Everybody needs a second factor').check();
  await ada.field('Days of grace').fill('soon');
  await ada.press('Save policy');
  await page.getByText('Enter a whole number.').waitFor();
  await ada.field('Days of grace').fill('14');
  await page.getByLabel(/^After minutes without use/).fill('45');
  await ada.press('Save policy');
  await ada.toast('The policy is changed');
  await page.getByText(/Set up a second factor by/).waitFor();
  await look('policy-grace');
  await ben.page.reload();
  await ben.page.getByText(/Set up a second factor by/).waitFor();
  await ada.field('Days of grace').fill('0');
  await ada.press('Save policy');
  await ada.heading('Set up a second factor').waitFor();
  await look('enrol');
  seen.expected.push('403 /api/v1/vaults', '403 /api/v1/organization/policy');
  await SecurityKey.plugInto(page);
  await ada.press('Add a passkey');
  await ada.press('Make passkey');
  await ada.proveByPassword(OWNER.password);
  await ada.dialog('Your recovery codes').waitFor();
  await look('enrol-codes');
  await keepCodes(ada);
  await ada.heading('Organisation').waitFor();
  await ben.page.reload();
  await ben.heading('Set up a second factor').waitFor();
  await ben.press('Add an app');
  await ben.press('Cannot scan? Show the secret');
  ben.app = new Authenticator(await ben.shown('Secret'));
  await ben.fill({ Code: await ben.app.code() });
  await look('enrol-totp', ben.page);
  await ben.press('Confirm');
  await ben.proveByPassword(GUEST.password);
  await keepCodes(ben);
  await ben.heading('Vaults').waitFor();
}

/** The codes do not go before somebody says that they are kept. */
async function keepCodes(whose) {
  const dialog = whose.dialog('Your recovery codes');
  await dialog.waitFor();
  await whose.press('Done', dialog);
  await whose.page.getByText('Keep the codes first').waitFor();
  await whose.field('I have put them in a safe place').check();
  await whose.press('Done', dialog);
  await dialog.waitFor({ state: 'hidden' });
}

/** The platform makes another organisation, and its link takes in somebody who is there already. */
async function twoOrganizations(ada, person, given, look) {
  const { page } = ada;
  const base = given['base-url'];
  const grace = new Hands((await person()).page);
  await grace.go(given['admin-link'], 'Become a platform admin');
  await grace.fill({ 'Your name': OPERATOR.name, 'E-mail address': OPERATOR.email });
  await grace.fill({ Password: OPERATOR.password, 'Password again': OPERATOR.password });
  await grace.page.keyboard.press('Enter');
  await grace.heading('Overview').waitFor();
  await grace.go(`${given['admin-url']}/organizations`, 'Organisations');
  await grace.press('New organisation');
  await grace.fill({ 'Name of the organisation': 'Harbour Trust', 'Address of its first owner': OWNER.email });
  await grace.press('Make the link');
  const link = await grace.shown('Link for the first owner');
  await look('founded', grace.page);
  await grace.press('Done');
  await grace.row('Organisations', 'Harbour Trust').waitFor();
  await grace.page.context().close();

  await ada.go(link, 'Join Harbour Trust');
  await look('invitation-known');
  await ada.press('Accept');
  await ada.heading('Vaults').waitFor();
  await page.getByRole('button', { name: /Harbour Trust/ }).waitFor();
  await page.getByText('Your first vault').waitFor();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitemradio', { name: OWNER.organization }).waitFor();
  await look('switcher');
  await page.getByRole('menuitemradio', { name: OWNER.organization }).click();
  await ada.toast(`You are in ${OWNER.organization} now`);
  await page.getByRole('main').getByRole('link', { name: VAULT.name, exact: true }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('harbour');
  await page.getByRole('option', { name: 'Switch to Harbour Trust' }).waitFor();
  await page.keyboard.press('Enter');
  await ada.toast('You are in Harbour Trust now');
  await page.getByText('Your first vault').waitFor();
  // Its only owner cannot leave it.
  await ada.go(`${base}/organization`, 'Organisation');
  await ada.press('Leave organisation');
  await page.getByRole('dialog').getByRole('textbox').fill('Harbour Trust');
  await ada.press('Leave', page.getByRole('dialog'));
  await page.getByRole('dialog').getByRole('alert').first().waitFor();
  await look('leave-last-owner');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitemradio', { name: OWNER.organization }).click();
  await ada.toast(`You are in ${OWNER.organization} now`);
}

/** Whoever hands the organisation over is an admin afterwards, and gets it back from the new owner. */
async function handOver(ada, ben, base, look) {
  const { page } = ada;
  await ada.go(`${base}/organization`, 'Organisation');
  await ada.press('Transfer ownership');
  await ada.field('New owner').selectOption({ label: `${GUEST.name} (${GUEST.email})` });
  await look('transfer');
  await ada.press('Transfer', page.getByRole('dialog'));
  await ada.dialog('Confirm that it is you').waitFor();
  await ada.button('Use passkey').waitFor();
  await look('step-up-passkey');
  await ada.proveByPasskey();
  await ada.toast('The organisation is handed over');
  await page.getByRole('button', { name: 'Transfer ownership' }).waitFor({ state: 'detached' });
  await ben.go(`${base}/members`, 'Members');
  await ben.choose(`More for ${OWNER.name}`, 'Change role');
  await ben.field('Role').selectOption('owner');
  await ben.press('Change role', ben.page.getByRole('dialog'));
  await ben.proveByCode(await ben.app.code());
  await ben.row('Members', OWNER.name).getByText('Owner', { exact: true }).waitFor();
}

async function removal(ada, ben, base, look) {
  const { page } = ada;
  await ada.go(`${base}/members`, 'Members');
  await ada.choose(`More for ${GUEST.name}`, 'Deactivate');
  await look('deactivate');
  await ada.press('Deactivate', page.getByRole('dialog'));
  await ada.row('Members', GUEST.name).getByText('Deactivated').waitFor();
  await ben.page.reload();
  await ben.heading('Sign in').waitFor();
  await ada.choose(`More for ${GUEST.name}`, 'Let in again');
  await ada.toast(`${GUEST.name} is let in again`);
  await ada.choose(`More for ${GUEST.name}`, 'Remove');
  await ada.press('Remove member');
  await ada.proveByPasskey();
  await ada.toast(`${GUEST.name} is removed`);
  await page.getByText('You are alone here').waitFor();
}
