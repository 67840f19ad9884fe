// Who may use what: access for people, links for outsiders, files, and what somebody knows who goes.
//
//   tests/bin/portal node tests/browser/sharing.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { SECRET, VAULT } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as sharing from './lib/sharing.mjs';
import * as steps from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/sharing`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, person, portfolio, given }, step) => {
  const base = given['base-url'];
  const ada = new Hands(page);
  const look = (name, whose = page) => portfolio.look(name, whose);
  seen.expected.push('401 /api/v1/me', '403 /api/v1/vaults/*/secrets/*/attachments/*');

  await step('set up', async () => {
    await steps.setUp(page, given['setup-link']);
    await steps.createVault(page, VAULT, 'Create a vault');
    await steps.storeSecret(page, SECRET, 'Store a password');
    await steps.storeSecret(page, { name: 'Border router', username: 'netadmin', url: '' }, 'New');
  });
  const ben = new Hands((await person()).page);
  await step('somebody else comes', () => sharing.joins(ada, ben, base));
  await step('one secret is shared, for a while', () => sharing.one(ada, ben, base, look));
  await step('who can see it, and why', () => sharing.readers(ada, look));
  await step('and is changed by whom it is shared with', () => sharing.edited(ada, ben));
  await step('a vault is shared', () => sharing.whole(ada, ben, base, look));
  await step('a file is attached and fetched', () => sharing.file(ada, base, look));
  await step('a link that opens once', async () => sharing.link(ada, (await person()).page, base, look, seen));
  await step('a link that is withdrawn', async () => sharing.withdrawn(ada, (await person()).page, look, seen));
  await step('what somebody knows who goes', () => sharing.exposure(ada, base, look));
  await step('nothing was shared with the owner', () => sharing.nothing(ada, base, look));
});
