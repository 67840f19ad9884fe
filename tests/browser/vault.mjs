// What people open the portal for every day: secrets of every type, found, changed, moved and thrown away.
//
//   tests/bin/portal node tests/browser/vault.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { VAULT } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';
import * as vault from './lib/vault.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/vault`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, portfolio, given }, step) => {
  const base = given['base-url'];
  const ada = new Hands(page);
  const look = (name) => portfolio.look(name);
  seen.expected.push('401 /api/v1/me');

  await step('set up', async () => {
    await steps.setUp(page, given['setup-link']);
    await steps.createVault(page, { name: 'Archive', description: '' }, 'Create a vault');
    await page.getByRole('main').getByRole('link', { name: 'Vaults' }).click();
    await steps.createVault(page, VAULT, 'New vault');
    await page.getByText('Nothing sealed here yet').waitFor();
    await look('empty');
  });
  await step('a secret of each type', () => vault.everyType(ada, look));
  await step('a note is drawn and not run', () => vault.note(ada, look));
  await step('what is hidden is sealed again by itself', () => vault.sealsItself(ada));
  await step('a copied secret leaves the clipboard', () => vault.clipboard(ada));
  await step('fields, tags and a star', () => vault.fields(ada, look));
  await step('inject only', () => vault.injectOnly(ada, look, seen));
  await step('earlier versions', () => vault.versions(ada, look));
  await step('many secrets, few rows', () => vault.many(ada, base, look));
  await step('searched and narrowed', () => vault.narrow(ada, look));
  await step('by keys alone', () => vault.keys(ada, look));
  await step('in bulk, and back', () => vault.bulk(ada, look));
  await step('dragged to another vault', () => vault.drag(ada));
  await step('several thrown away, and back', () => vault.thrownAway(ada));
});
