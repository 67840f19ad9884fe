// The admin page, with the token from VT_ADMIN_TOKEN:
//
//   node tests/browser/admin.mjs --admin-url URL --out DIR
//
// Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import { ensure } from './lib/steps.mjs';

async function open() {
  const given = readArguments(['admin-url', 'out']);
  if (!process.env.VT_ADMIN_TOKEN) throw new Error('VT_ADMIN_TOKEN is not set');
  const session = await openBrowser(given['admin-url']);
  session.page.setDefaultTimeout(20_000);
  const out = `${given.out}/admin`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out) };
}

await report(open, async ({ page, seen, portfolio, given }, step) => {
  const paths = ['overview', 'organizations', 'migrations', 'license', 'events'];
  seen.expected.push(...paths.map((path) => `401 /admin/api/${path}`));
  const token = page.getByLabel('Admin token', { exact: true });
  await step('a token is asked for', async () => {
    await page.goto(given['admin-url']);
    await token.waitFor();
    await portfolio.look('admin-token');
  });
  await step('a wrong token is refused', async () => {
    await token.fill('not the token');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token.').waitFor();
    await portfolio.look('admin-refused');
  });
  await step('the right one opens', async () => {
    await token.fill(process.env.VT_ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'Organisations' }).waitFor();
    for (const text of ['Version', 'Licence', 'Database', 'Cache', 'Schema']) {
      await page.getByText(text, { exact: true }).waitFor();
    }
    await portfolio.look('admin');
  });
  await step('a file that is no licence is refused', async () => {
    seen.expected.push('422 /admin/api/license');
    const name = 'hello.vtlic';
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from('hello') });
    await page.getByText('The licence is refused').waitFor();
    await page.getByText('A licence was refused').first().waitFor();
    await portfolio.look('admin-licence-refused');
  });
  await step('it ends with the tab', async () => {
    const kept = await page.evaluate(() => JSON.stringify(localStorage) + document.cookie);
    ensure(!kept.includes(process.env.VT_ADMIN_TOKEN), 'the token outlives the tab');
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await token.waitFor();
    await page.reload();
    await token.waitFor();
  });
});
