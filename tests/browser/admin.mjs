// The platform's pages, from a link that `vaultterm-app admin link --first` printed:
//
//   node tests/browser/admin.mjs --admin-url URL --admin-link LINK --out DIR
//
// Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import { ensure } from './lib/steps.mjs';

async function open() {
  const given = readArguments(['admin-url', 'admin-link', 'out']);
  const session = await openBrowser(given['admin-url']);
  const out = `${given.out}/admin`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out) };
}

const EMAIL = 'grace@example.com';
const PASSWORD = 'a wet cat on the mat';

await report(open, async ({ page, seen, portfolio, given }, step) => {
  seen.expected.push('401 /admin/api/me');
  const button = (name) => page.getByRole('button', { name, exact: true });
  const field = (name) => page.getByLabel(name, { exact: true });
  const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true });

  await step('without an account there is a door', async () => {
    await page.goto(given['admin-url']);
    await heading('Sign in').waitFor();
    await portfolio.look('admin-sign-in');
  });
  await step('a link makes the first platform admin', async () => {
    await page.goto(given['admin-link']);
    await heading('Become a platform admin').waitFor();
    ensure(!page.url().includes('token'), 'the token stays in the address');
    await field('Your name').fill('Grace Hopper');
    await field('E-mail address').fill(EMAIL);
    await field('Password').fill(PASSWORD);
    await field('Password again').fill(PASSWORD);
    await portfolio.look('admin-enter');
    await page.keyboard.press('Enter');
    await heading('Overview').waitFor();
    for (const text of ['Version', 'Database', 'Cache', 'Schema', 'Last backup']) {
      await page.getByText(text, { exact: true }).waitFor();
    }
    await portfolio.look('admin-overview');
  });
  await step('the link works once', async () => {
    seen.expected.push('404 /admin/api/link/check');
    await page.goto('about:blank');
    await page.goto(given['admin-link']);
    await page.getByText('This link does not open anything').waitFor();
    await portfolio.look('admin-link-used');
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
      await portfolio.look(`admin-${link.toLowerCase().replace(' ', '-')}`);
    }
  });
  await step('a file that is no licence is refused', async () => {
    seen.expected.push('422 /admin/api/license');
    await page.goto(`${given['admin-url']}/licence`);
    await heading('Licence').waitFor();
    const name = 'hello.vtlic';
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from('hello') });
    await page.getByText('The licence is refused').waitFor();
    await portfolio.look('admin-licence-refused');
  });
  await step('an organisation is suspended, resumed, and waits for its end', async () => {
    await page.goto(`${given['admin-url']}/organizations`);
    await heading('Organisations').waitFor();
    const list = page.getByRole('list', { name: 'Organisations' });
    if ((await list.count()) === 0) return;
    await list.getByRole('link').first().click();
    await button('Suspend').waitFor();
    await portfolio.look('admin-organisation');
    await button('Show people').click();
    await page.getByRole('list', { name: 'People' }).waitFor();
    await button('Suspend').click();
    await field('Reason').or(page.getByLabel(/Reason/)).first().fill('unpaid');
    await portfolio.look('admin-suspend');
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
    await button('Resume').waitFor();
    await portfolio.look('admin-suspended');
    await button('Erase').click();
    const name = await page.getByRole('heading', { level: 1 }).innerText();
    await page.getByRole('dialog').getByRole('textbox').fill(name);
    await portfolio.look('admin-erase');
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
    await button('Keep it').waitFor();
    await portfolio.look('admin-waiting');
    await button('Keep it').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await button('Resume').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await button('Suspend').waitFor();
  });
  await step('somebody is looked for', async () => {
    await page.goto(`${given['admin-url']}/people`);
    await field('E-mail address').fill('nobody@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody has this address').waitFor();
    await portfolio.look('admin-nobody');
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
    await portfolio.look('admin-refused');
    await field('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await heading('Platform trail').waitFor();
    await portfolio.look('admin-trail');
  });
});
