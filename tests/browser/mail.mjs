// What comes by letter: invitations, another password, another address, and accounts for whoever signs up.
//
//   VAULTTERM_MAIL=1 tests/bin/portal node tests/browser/mail.mjs --out DIR
//
// Needs a server without an organisation, whose mail comes to --mail-port. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { GUEST, OWNER } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { Postbox } from './lib/postbox.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';

const STRANGER = { name: 'Cleo Marchetti', email: 'cleo@meridian.example', password: 'a lighthouse without a keeper' };

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'mail-port', 'out']);
  const postbox = await Postbox.open(given['mail-port']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/mail`;
  return { ...session, given, out, postbox, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, person, portfolio, postbox, given }, step) => {
  const base = given['base-url'];
  const look = (name, whose = page) => portfolio.look(name, whose);
  const ada = new Hands(page);
  const ben = new Hands((await person()).page);
  const cleo = new Hands((await person()).page);
  seen.expected.push('401 /api/v1/me', '422 /api/v1/auth/confirm-email', '401 /api/v1/auth/sign-in');

  await step('set up', () => steps.setUp(page, given['setup-link']));
  await step('an invitation goes by letter', async () => {
    await ada.go(`${base}/members#invite`, 'Members');
    await ada.field('E-mail address').fill(GUEST.email);
    await page.keyboard.press('Enter');
    await ada.toast(`The invitation is on its way to ${GUEST.email}`);
    const link = await postbox.linkFor(GUEST.email);
    await ben.go(link, `Join ${OWNER.organization}`);
    await ben.fill({ 'Your name': GUEST.name, Password: GUEST.password, 'Password again': GUEST.password });
    await ben.page.keyboard.press('Enter');
    await ben.heading('Vaults').waitFor();
  });
  await step('a forgotten password', async () => {
    await ben.signOut();
    await ben.page.getByRole('link', { name: /Forgot/ }).click();
    await ben.heading('Forgotten password').waitFor();
    await look('forgotten', ben.page);
    await ben.field('E-mail address').fill('nobody@meridian.example');
    await ben.page.keyboard.press('Enter');
    await ben.page.getByText('Look into your mailbox').waitFor();
    await ben.go(`${base}/forgotten`, 'Forgotten password');
    await ben.field('E-mail address').fill(GUEST.email);
    await ben.page.keyboard.press('Enter');
    await ben.page.getByText('Look into your mailbox').waitFor();
    await look('forgotten-sent', ben.page);
    const link = await postbox.linkFor(GUEST.email);
    steps.ensure(postbox.count('nobody@meridian.example') === 0, 'nobody gets a letter who has no account');
    await ben.go(link, 'Choose a new password');
    GUEST.password = 'nine oars and no boat';
    await ben.fill({ 'New password': GUEST.password, 'New password again': GUEST.password });
    await ben.page.keyboard.press('Enter');
    await ben.page.getByText('Your password is changed').waitFor();
    await ben.page.getByRole('link', { name: 'Go to sign-in' }).click();
    await ben.signIn(GUEST.email, GUEST.password);
    await ben.heading('Vaults').waitFor();
  });
  await step('nobody signs up before the policy lets them', async () => {
    await cleo.go(`${base}/sign-in`, 'Sign in');
    await cleo.page.getByRole('link', { name: /Forgot/ }).waitFor();
    steps.ensure((await cleo.page.getByRole('link', { name: /Create an account/ }).count()) === 0, 'sign-up is offered');
    await ada.go(`${base}/organization`, 'Organisation');
    await page.getByLabel(/^Domains whose addresses/).fill('@meridian.example');
    await ada.field('Whoever accepts an invitation waits until an admin confirms them').check();
    await ada.press('Save policy');
    await ada.toast('The policy is changed');
  });
  await step('an account by sign-up', async () => {
    await cleo.page.reload();
    await cleo.page.getByRole('link', { name: /Create an account/ }).click();
    await cleo.heading('Create an account').waitFor();
    await look('sign-up', cleo.page);
    await cleo.press('Create account');
    await cleo.page.getByText('Enter your name.').waitFor();
    await cleo.fill({ 'Your name': STRANGER.name, 'E-mail address': STRANGER.email });
    await cleo.fill({ Password: STRANGER.password, 'Password again': STRANGER.password });
    await cleo.press('Create account');
    await cleo.page.getByText('Look into your mailbox').waitFor();
    await look('sign-up-sent', cleo.page);
    await cleo.go(await postbox.linkFor(STRANGER.email), 'Confirm your e-mail address');
    await cleo.press('Confirm address');
    await cleo.field('The password that you chose').fill(STRANGER.password);
    await look('sign-up-confirm', cleo.page);
    await cleo.press('Open the account');
    await cleo.page.getByText('The address is confirmed').waitFor();
  });
  await step('an admin confirms who came', async () => {
    await ada.go(`${base}/members`, 'Members');
    await page.getByText(/One waits for your confirmation/).waitFor();
    await look('waiting');
    await ada.press(`Confirm ${STRANGER.name}`);
    await ada.toast(`${STRANGER.name} is a member now`);
    await cleo.page.getByRole('link', { name: 'Go to sign-in' }).click();
    await cleo.signIn(STRANGER.email, STRANGER.password);
    await cleo.heading('Vaults').waitFor();
  });
  await step('another address', async () => {
    await cleo.go(`${base}/account`, 'Profile and security');
    await cleo.press('Change e-mail address');
    const fields = { 'New e-mail address': 'cleo.m@meridian.example', 'Your password': STRANGER.password };
    await cleo.fill(fields, cleo.dialog('Change your e-mail address'));
    await cleo.page.keyboard.press('Enter');
    await cleo.page.getByText('Look into your mailbox').waitFor();
    await look('address-sent', cleo.page);
    const link = await postbox.linkFor('cleo.m@meridian.example');
    // Opened on another device, where nobody is signed in.
    const other = new Hands((await person()).page);
    await other.go(link, 'Confirm your e-mail address');
    await other.press('Confirm address');
    await other.page.getByText('The address is confirmed').waitFor();
    await look('address-confirmed', other.page);
    await other.page.getByRole('link', { name: 'Go to sign-in' }).click();
    await other.signIn('cleo.m@meridian.example', STRANGER.password);
    await other.heading('Vaults').waitFor();
  });
});
