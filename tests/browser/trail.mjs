// Secrets that come from elsewhere and go there, how well they are, and the trail that all of it leaves.
//
//   tests/bin/portal node tests/browser/trail.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { VAULT } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';
import * as trail from './lib/trail.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/trail`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, portfolio, given }, step) => {
  const ada = new Hands(page);
  const look = (name) => portfolio.look(name);
  seen.expected.push('401 /api/v1/me');

  await step('set up', async () => {
    await steps.setUp(page, given['setup-link']);
    await steps.createVault(page, VAULT, 'Create a vault');
  });
  await step('a pasted .env file', () => trail.dotenv(ada, look));
  await step('a table, its columns told', () => trail.table(ada, look));
  await step('a file that is none', () => trail.refused(ada, look, seen));
  await step('passphrases and keys are made', () => trail.made(ada, look));
  await step('one-time codes', () => trail.codes(ada, look));
  await step('health', () => trail.health(ada, look, seen));
  await step('export, by a fresh proof', () => trail.exported(ada, look, seen));
  await step('the trail is searched', () => trail.searched(ada, look, given['base-url']));
  await step('sealed and verified', () => trail.verified(ada, look));
  await step('back to the first checkpoint', () => trail.backToTheFirst(ada, look, given['base-url']));
});
