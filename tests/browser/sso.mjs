// An organisation's own identity provider: set up by its owner, and gone through by its people.
//
//   tests/bin/portal node tests/browser/sso.mjs --out DIR
//
// Needs a development server without an organisation, which may ask a provider on its own host, and
// starts a certified one. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { OWNER } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { FONTS, comeThrough, startProvider, withoutFonts } from './lib/provider.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const issuer = await startProvider(`${given['base-url']}/api/v1/auth/sso/callback`);
  const session = await openBrowser(given['base-url'], [issuer, FONTS]);
  const out = `${given.out}/sso`;
  return { ...session, given, issuer, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, person, portfolio, given, issuer }, step) => {
  const base = given['base-url'];
  const look = (name, whose = page) => portfolio.look(name, whose);
  const ada = new Hands(page);
  const somebody = await person();
  for (const context of [page.context(), somebody.context]) await withoutFonts(context);
  const grace = new Hands(somebody.page);
  seen.expected.push('401 /api/v1/me', '403 /api/v1/organization/sso', '404 /favicon.ico');

  await step('set up', () => steps.setUp(page, given['setup-link']));
  await step('a team for a group', async () => {
    await ada.go(`${base}/teams`, 'Teams');
    await ada.press('Create a team');
    await ada.field('Name').fill('Night shift');
    await ada.press('Create team');
    await ada.heading('Night shift').waitFor();
  });
  await step('a provider is named, with a fresh proof', async () => {
    await ada.go(`${base}/organization`, 'Organisation');
    await page.getByText('Not set up. Keycloak').waitFor();
    await ada.press('Set up');
    const form = ada.dialog('Single sign-on');
    await ada.press('Save', form);
    await form.getByText('Enter what this server is called there.').waitFor();
    await ada.fill({ Issuer: issuer, 'Client ID': 'vaultterm-ES256', 'Client secret': 'a secret of the real provider' }, form);
    await form.getByLabel(/^Domains of your addresses/).fill('example.com');
    await form.getByLabel(/^Claim that lists groups/).fill('groups');
    await ada.press('Add a group', form);
    await ada.field('Group 1', form).fill('it');
    await ada.field('Makes people', form).selectOption('admin');
    await ada.press('Put group 1 into a team', form);
    await ada.field('As', form).selectOption('EDITOR');
    await look('settings-form');
    await ada.press('Save', form);
    await ada.proveByPassword(OWNER.password);
    await ada.toast('Single sign-on is saved');
    await page.getByText(issuer).waitFor();
    await look('settings');
  });
  await step('somebody comes from there for the first time', async () => {
    await grace.go(`${base}/sign-in`, 'Sign in');
    await look('sign-in', grace.page);
    await grace.field('E-mail address').fill('grace@example.com');
    await grace.press('Continue with single sign-on');
    await comeThrough(grace.page, 'grace+it');
    await grace.heading('Vaults').waitFor();
    await look('arrived', grace.page);
  });
  await step('as what the group makes of them', async () => {
    await ada.go(`${base}/members`, 'Members');
    await ada.row('Members', 'Somebody called grace').getByText('Admin').waitFor();
    await look('members');
    await ada.go(`${base}/teams`, 'Teams');
    await page.getByRole('link', { name: 'Night shift' }).click();
    await ada.row('People of this team', 'Somebody called grace').getByText('Editor').waitFor();
  });
  await step('and the trail says so', async () => {
    await ada.go(`${base}/audit`);
    await page.getByText('Somebody called grace').first().waitFor();
    await look('trail');
  });
  await step('whom the provider does not vouch for is told', async () => {
    const another = await person();
    await withoutFonts(another.context);
    const eve = new Hands(another.page);
    await eve.go(`${base}/sign-in`, 'Sign in');
    await eve.field('E-mail address').fill('unverified@example.com');
    await eve.press('Continue with single sign-on');
    await comeThrough(eve.page, 'unverified');
    await eve.heading('Sign in').waitFor();
    await eve.page.getByRole('alert').first().waitFor();
    await look('refused', eve.page);
  });
  await step('nobody comes from there any more', async () => {
    await ada.go(`${base}/organization`, 'Organisation');
    await ada.press('Remove the identity provider');
    await ada.press('Remove', page.getByRole('dialog'));
    await ada.proveByPassword(OWNER.password);
    await page.getByText('Not set up. Keycloak').waitFor();
  });
});
