// The platform's pages, from a link that `vaultterm-app admin link --first` printed:
//
//   tests/bin/portal node tests/browser/admin.mjs --out DIR
//
// Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { GUEST, OPERATOR } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import { ensure } from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'admin-url', 'admin-link', 'out']);
  const session = await openBrowser(given['admin-url'], [given['base-url']]);
  const out = `${given.out}/admin`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

const { email: EMAIL } = OPERATOR;
let { password: PASSWORD } = OPERATOR;
const NAME = 'Harbour Trust';

await report(open, async ({ page, seen, person, portfolio, given }, step) => {
  seen.expected.push('401 /admin/api/me', '401 /api/v1/me', '401 /api/v1/auth/sign-in', '403 /api/v1/auth/sign-in', '403 /api/v1/members', '403 /api/v1/invitations');
  const grace = new Hands(page);
  const owner = new Hands((await person()).page);
  const look = (name, whose = page) => portfolio.look(name, whose);
  const { button, field, heading } = grace;

  await step('without an account there is a door', async () => {
    await page.goto(given['admin-url']);
    await heading('Sign in').waitFor();
    await look('admin-sign-in');
  });
  await step('a link makes the first platform admin', async () => {
    await page.goto(given['admin-link']);
    await heading('Become a platform admin').waitFor();
    ensure(!page.url().includes('token'), 'the token stays in the address');
    await field('Your name').fill(OPERATOR.name);
    await field('E-mail address').fill(EMAIL);
    await field('Password').fill(PASSWORD);
    await field('Password again').fill(PASSWORD);
    await look('admin-enter');
    await page.keyboard.press('Enter');
    await heading('Overview').waitFor();
    for (const text of ['Version', 'Database', 'Cache', 'Schema', 'Last backup']) {
      await page.getByText(text, { exact: true }).waitFor();
    }
    await look('admin-overview');
  });
  await step('the link works once', async () => {
    seen.expected.push('404 /admin/api/link/check');
    await page.goto('about:blank');
    await page.goto(given['admin-link']);
    await page.getByText('This link does not open anything').waitFor();
    await look('admin-link-used');
    await page.goto(given['admin-url']);
    await heading('Overview').waitFor();
  });
  await step('every page is there, by its link', async () => {
    for (const [link, title] of [
      ['Organisations', 'Organisations'],
      ['People', 'People'],
      ['Licence', 'Licence'],
      ['Trail', 'Platform trail'],
      ['Platform admins', 'Platform admins'],
    ]) {
      await page.getByRole('navigation').getByRole('link', { name: link, exact: true }).click();
      await heading(title).waitFor();
      await look(`admin-${link.toLowerCase().replace(' ', '-')}`);
    }
  });
  await step('a file that is no licence is refused', async () => {
    seen.expected.push('422 /admin/api/license');
    await page.goto(`${given['admin-url']}/licence`);
    await heading('Licence').waitFor();
    const name = 'hello.vtlic';
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from('hello') });
    await page.getByText('The licence is refused').waitFor();
    await look('admin-licence-refused');
  });
  await step('an organisation is founded, and its owner comes by a link', async () => {
    await page.goto(`${given['admin-url']}/organizations`);
    await page.getByText('No organisation yet').waitFor();
    await look('admin-no-organisation');
    await grace.press('New organisation');
    await grace.press('Make the link');
    await page.getByText('Enter a name.').waitFor();
    await grace.fill({ 'Name of the organisation': NAME, 'Address of its first owner': GUEST.email });
    await page.keyboard.press('Enter');
    const link = await grace.shown('Link for the first owner');
    await look('admin-founded');
    await grace.press('Done');
    await owner.go(link, `Join ${NAME}`);
    await owner.fill({ 'Your name': GUEST.name, Password: GUEST.password, 'Password again': GUEST.password });
    await owner.page.keyboard.press('Enter');
    await owner.heading('Vaults').waitFor();
  });
  await step('suspended, nobody of it gets in', async () => {
    await page.getByRole('list', { name: 'Organisations' }).getByRole('link', { name: NAME }).click();
    await button('Suspend').waitFor();
    await look('admin-organisation');
    await button('Show people').click();
    await page.getByRole('list', { name: 'People' }).getByText(GUEST.email).waitFor();
    await button('Suspend').click();
    await page.getByLabel(/^Reason/).fill('unpaid');
    await look('admin-suspend');
    await grace.press('Suspend', page.getByRole('dialog'));
    await button('Resume').waitFor();
    await look('admin-suspended');
    // Whoever is inside is told at the next step.
    await owner.page.getByRole('link', { name: 'Members' }).click();
    await owner.heading('Your organisation is suspended').waitFor();
    await look('suspended-inside', owner.page);
    await owner.press('Sign out');
    await owner.signIn(GUEST.email, GUEST.password);
    await owner.page.getByText('Your organisation is suspended').waitFor();
    await look('suspended', owner.page);
  });
  await step('its end takes its name, and waits', async () => {
    await button('Erase').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('Harbour');
    ensure(await button('Erase', dialog).isDisabled(), 'another name erases it');
    await dialog.getByRole('textbox').fill(NAME);
    await look('admin-erase');
    await grace.press('Erase', dialog);
    await button('Keep it').waitFor();
    await look('admin-waiting');
    await button('Keep it').click();
    await grace.press('Keep it', dialog);
    await button('Resume').click();
    await grace.press('Resume', dialog);
    await button('Suspend').waitFor();
    await owner.page.reload();
    await owner.signIn(GUEST.email, GUEST.password);
    await owner.heading('Vaults').waitFor();
  });
  await step('somebody is looked for', async () => {
    await page.goto(`${given['admin-url']}/people`);
    await field('E-mail address').fill('nobody@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody has this address').waitFor();
    await look('admin-nobody');
    await field('E-mail address').fill(GUEST.email);
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Organisations' }).getByText(NAME).waitFor();
    await look('admin-somebody');
  });
  await step('another password, and another device', async () => {
    const elsewhere = new Hands((await person()).page);
    await elsewhere.go(given['admin-url'], 'Sign in');
    await elsewhere.signIn(EMAIL, PASSWORD);
    await elsewhere.heading('Overview').waitFor();
    await page.goto(`${given['admin-url']}/admins`);
    await page.getByRole('list', { name: 'Sessions' }).getByRole('button', { name: /^Sign out/ }).first().click();
    await grace.toast('That device is signed out');
    await elsewhere.page.reload();
    await elsewhere.heading('Sign in').waitFor();
    await grace.press('Change your password');
    const chosen = 'another cat on another mat';
    await grace.fill({ 'Password of today': PASSWORD, 'New password': chosen, 'New password again': chosen });
    await look('admin-password');
    await grace.press('Change it');
    await grace.toast('Your password is changed');
    PASSWORD = chosen;
  });
  await step('nothing of it stays where scripts could find it', async () => {
    const kept = await page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie);
    ensure(!/[0-9a-f]{64}/.test(kept), 'a token is kept in the page');
  });
  await step('signed out, the door is shut', async () => {
    await page.getByRole('button', { name: /Grace Hopper/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading('Sign in').waitFor();
    await page.goBack();
    await heading('Sign in').waitFor();
  });
  await step('a wrong password is refused, the right one leads back', async () => {
    seen.expected.push('401 /admin/api/sign-in');
    await page.goto(`${given['admin-url']}/trail`);
    await heading('Sign in').waitFor();
    await field('E-mail address').fill(EMAIL);
    await field('Password').fill('not the password');
    await page.keyboard.press('Enter');
    await page.getByText('That did not work').waitFor();
    await look('admin-refused');
    await field('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await heading('Platform trail').waitFor();
    await look('admin-trail');
  });
});
