// What people do to one another: the steps of people.mjs.
import { GUEST, OPERATOR, OWNER, VAULT } from './cast.mjs';
import { Hands } from './hands.mjs';
import { SecurityKey } from './security-key.mjs';
import * as steps from './steps.mjs';
import { Authenticator } from './totp.mjs';

export async function team(ada, ben, base, look) {
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

export async function token(ada, base, look, seen) {
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

export async function reset(ada, ben, base, look, seen) {
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

export async function policy(ada, ben, base, look, seen) {
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
export async function twoOrganizations(ada, person, given, look) {
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
  await page.getByRole('combobox', { name: 'Search pages, vaults and actions' }).fill('harbour');
  await page.getByRole('option', { name: 'Switch to Harbour Trust', selected: true }).waitFor();
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
export async function handOver(ada, ben, base, look) {
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

/** Whoever has lost every factor is let in by the password alone, and sets up another at once. */
export async function lostFactors(ada, ben, base, look) {
  const { page } = ada;
  await ada.go(`${base}/members`, 'Members');
  await ada.choose(`More for ${GUEST.name}`, 'Remove second factors');
  await look('lost-factors');
  await ada.press('Remove', page.getByRole('dialog'));
  await ada.proveByPasskey();
  await ada.row('Members', GUEST.name).getByText('No second factor').waitFor();
  await ben.page.reload();
  await ben.signIn(GUEST.email, GUEST.password);
  await ben.heading('Set up a second factor').waitFor();
}

export async function removal(ada, ben, base, look) {
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
