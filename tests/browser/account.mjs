// One person's account: how they prove who they are, and from where.
//
//   tests/bin/portal node tests/browser/account.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { OWNER } from './lib/cast.mjs';
import { Hands } from './lib/hands.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import { SecurityKey } from './lib/security-key.mjs';
import * as steps from './lib/steps.mjs';
import { Authenticator } from './lib/totp.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/account`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

await report(open, async ({ page, seen, person, portfolio, given }, step) => {
  const base = given['base-url'];
  const look = (name, whose = page) => portfolio.look(name, whose);
  const ada = new Hands(page);
  seen.expected.push('401 /api/v1/me', '422 /api/v1/auth/second-factor', '403 /api/v1/tokens', '403 /api/v1/me/factors/*');
  seen.expected.push('403 /api/v1/me/factors/totp/*/confirm', '403 /api/v1/me/factors/passkeys', '403 /api/v1/me/factors/recovery-codes');

  await step('set up', () => steps.setUp(page, given['setup-link']));
  await step('another name', async () => {
    await ada.go(`${base}/account`, 'Profile and security');
    await page.getByText('No passkey yet.').waitFor();
    await look('plain');
    await ada.press('Change name');
    await ada.field('Name').fill('Ada B. Lindqvist');
    await page.keyboard.press('Enter');
    await ada.toast('Your name is changed');
    await page.getByRole('button', { name: 'Account of Ada B. Lindqvist' }).waitFor();
  });

  const app = {};
  await step('an authenticator app', () => addApp(ada, app, look, seen));
  await step('signs in with it', () => signInByCode(ada, app, look));
  await step('a recovery code works once', () => recovery(ada, app, look));

  const key = await SecurityKey.plugInto(page);
  await step('a passkey, by a code of the app', () => addPasskey(ada, app, base, look));
  await step('is offered first, and is enough', () => signInByPasskey(ada, key, look, seen));
  await step('is a second factor, too', () => secondFactor(ada, key));
  await step('and proves an act', async () => {
    await ada.go(`${base}/tokens`, 'API tokens');
    await ada.press('Create a token');
    await ada.field('Name').fill('Deploy');
    await ada.press('Create token');
    await ada.proveByPasskey();
    await ada.shown('Token');
    await page.keyboard.press('Escape');
  });
  await step('another code, where the key is out of reach', async () => {
    await ada.go(`${base}/account`, 'Profile and security');
    await ada.press('Make new codes');
    await ada.press('Make new codes', page.getByRole('dialog'));
    const dialog = ada.dialog('Confirm that it is you');
    await ada.button('Use passkey', dialog).waitFor();
    await ada.press('Use an authenticator app', dialog);
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'totp');
    await look('step-up-code');
    await page.keyboard.type(await app.generator.code());
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    app.codes = await keepCodes(ada);
  });

  const elsewhere = new Hands((await person()).page);
  await step('two devices', () => devices(ada, elsewhere, app, base, look));
  await step('another password signs the other one out', () => password(ada, elsewhere, app, look));
  await step('another address', () => address(ada, look));
  await step('without a factor again', () => removal(ada, base, look));
});

async function keepCodes(whose) {
  const dialog = whose.dialog('Your recovery codes');
  await dialog.waitFor();
  const codes = await dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allInnerTexts();
  steps.ensure(codes.length === 10, `there are ten codes, not ${codes.length}`);
  await whose.field('I have put them in a safe place').check();
  await whose.press('Done', dialog);
  await dialog.waitFor({ state: 'hidden' });
  return codes;
}

async function addApp(ada, app, look, seen) {
  const { page } = ada;
  await ada.press('Add app');
  const dialog = ada.dialog('Add an authenticator app');
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'totp');
  await look('totp');
  await ada.press('Cannot scan? Show the secret', dialog);
  app.generator = new Authenticator(await ada.shown('Secret', dialog));
  const right = await app.generator.code();
  seen.expected.push('422 /api/v1/me/factors/totp/*/confirm', '422 /api/v1/me/password');
  await ada.field('Code').fill(right === '000000' ? '111111' : '000000');
  await ada.press('Confirm', dialog);
  // The proof is asked for first, or the code is judged first: either way nothing is added.
  await ada.dialog('Confirm that it is you').or(dialog.locator('[aria-invalid=true]')).first().waitFor();
  if (await ada.dialog('Confirm that it is you').isVisible()) await ada.proveByPassword(OWNER.password);
  await dialog.locator('[aria-invalid=true]').waitFor();
  await look('totp-wrong');
  await ada.field('Code').fill(right);
  await ada.press('Confirm', dialog);
  await ada.proveByPassword(OWNER.password);
  await ada.dialog('Your recovery codes').waitFor();
  await look('recovery-codes');
  await page.keyboard.press('Escape');
  await page.getByText('Keep the codes first').waitFor();
  app.codes = await keepCodes(ada);
  await page.getByText('10 left').waitFor();
}

async function signInByCode(ada, app, look) {
  const { page } = ada;
  await ada.signOut();
  await look('sign-in');
  await ada.signIn(OWNER.email, OWNER.password);
  await ada.heading('One more step').waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'totp');
  await look('second-factor');
  await page.keyboard.type(app.generator.spent());
  await page.keyboard.press('Enter');
  await page.locator('[role=alert], [aria-invalid=true]').filter({ hasText: /\w/ }).or(page.locator('[aria-invalid=true]')).first().waitFor();
  await look('second-factor-refused');
  await ada.field('Code').fill(await app.generator.code());
  await page.keyboard.press('Enter');
  await ada.heading('Vaults').waitFor();
}

async function recovery(ada, app, look) {
  const { page } = ada;
  const [code] = app.codes;
  await ada.signOut();
  await ada.signIn(OWNER.email, OWNER.password);
  await ada.press('Use a recovery code');
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'recoveryCode');
  await page.keyboard.type(code);
  await look('recovery-code');
  await page.keyboard.press('Enter');
  await ada.heading('Vaults').waitFor();
  await ada.signOut();
  await ada.signIn(OWNER.email, OWNER.password);
  await ada.press('Use a recovery code');
  await ada.field('Recovery code').fill(code);
  await ada.press('Continue');
  await page.getByRole('alert').filter({ hasText: /\w/ }).or(page.locator('[aria-invalid=true]')).first().waitFor();
  await ada.field('Recovery code').fill(app.codes[1]);
  await ada.press('Continue');
  await ada.heading('Vaults').waitFor();
}

async function addPasskey(ada, app, base, look) {
  const { page } = ada;
  await ada.go(`${base}/account`, 'Profile and security');
  await page.getByText('8 left').waitFor();
  await ada.press('Add passkey');
  const dialog = ada.dialog('Add a passkey');
  await ada.field('Name', dialog).fill('Work laptop');
  await look('passkey');
  await ada.press('Make passkey', dialog);
  await ada.proveByCode(await app.generator.code());
  await ada.toast('The passkey is added');
  const list = page.getByRole('listitem').filter({ hasText: 'Work laptop' });
  await list.waitFor();
  await ada.choose('More for Work laptop', 'Rename');
  await ada.field('Name').fill('Laptop at the harbour');
  await page.keyboard.press('Enter');
  await page.getByRole('listitem').filter({ hasText: 'Laptop at the harbour' }).waitFor();
  // The same device holds one for this account already.
  await ada.press('Add passkey');
  await ada.press('Make passkey', dialog);
  await page.getByText('This passkey is known already').waitFor();
  await page.keyboard.press('Escape');
  await look('factors');
}

async function signInByPasskey(ada, key, look, seen) {
  const { page } = ada;
  await key.touched(false);
  await ada.signOut();
  const first = page.locator('form button').first();
  steps.ensure((await first.innerText()) === 'Sign in with a passkey', 'a passkey is offered first');
  await look('sign-in-passkey');
  await key.touched(true);
  await ada.press('Sign in with a passkey');
  await ada.heading('Vaults').waitFor();
  // A key that nobody touches lets nobody in, and turning away is no fault.
  await key.touched(false);
  await ada.signOut();
  await ada.press('Sign in with a passkey');
  await page.waitForTimeout(300);
  await ada.heading('Sign in').waitFor();
  seen.expected.push('401 /api/v1/auth/passkey');
}

async function secondFactor(ada, key) {
  await ada.page.reload();
  await ada.signIn(OWNER.email, OWNER.password);
  await ada.heading('One more step').waitFor();
  await ada.page.waitForFunction(() => document.activeElement?.textContent?.includes('Use passkey'));
  await key.touched(true);
  await ada.page.keyboard.press('Enter');
  await ada.heading('Vaults').waitFor();
}

async function devices(ada, elsewhere, app, base, look) {
  const { page } = ada;
  const enter = async () => {
    await elsewhere.go(base, 'Sign in');
    await elsewhere.signIn(OWNER.email, OWNER.password);
    await elsewhere.press('Use a recovery code');
    await elsewhere.field('Recovery code').fill(app.codes.pop());
    await elsewhere.press('Continue');
    await elsewhere.heading('Vaults').waitFor();
  };
  await enter();
  await ada.go(`${base}/account`, 'Profile and security');
  const list = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await list.nth(1).waitFor();
  await list.filter({ hasText: 'recovery code' }).waitFor();
  await page.getByRole('list', { name: 'Sessions' }).scrollIntoViewIfNeeded();
  await look('devices');
  await list.getByRole('button', { name: /^Sign out/ }).first().click();
  await ada.toast(/is signed out/);
  await elsewhere.page.reload();
  await elsewhere.heading('Sign in').waitFor();
  await enter();
  await page.reload();
  await ada.press('Sign out all others');
  await ada.press('Sign out others');
  await ada.toast('All other devices are signed out');
  await elsewhere.page.reload();
  await elsewhere.heading('Sign in').waitFor();
  await enter();
}

async function password(ada, elsewhere, app, look) {
  const { page } = ada;
  await ada.press('Change password');
  await ada.fill({ 'Present password': 'not the password' });
  const chosen = 'two lanterns at the pier';
  await ada.fill({ 'New password': chosen, 'New password again': chosen });
  await look('password');
  const dialog = ada.dialog('Change your password');
  await ada.press('Change password', dialog);
  await dialog.locator('[aria-invalid=true]').waitFor();
  await ada.fill({ 'Present password': OWNER.password });
  await ada.press('Change password', dialog);
  await ada.toast('Your password is changed');
  OWNER.password = chosen;
  await page.reload();
  await ada.heading('Profile and security').waitFor();
  await elsewhere.page.reload();
  await elsewhere.heading('Sign in').waitFor();
}

async function address(ada, look) {
  const { page } = ada;
  await ada.press('Change e-mail address');
  const dialog = ada.dialog('Change your e-mail address');
  await ada.fill({ 'New e-mail address': 'ada.b@meridian.example', 'Your password': OWNER.password }, dialog);
  await look('address');
  await ada.press('Send the link', dialog);
  const link = await ada.shown('Confirmation link', dialog);
  await look('address-link');
  await ada.press('Done', dialog);
  await page.getByText(OWNER.email).first().waitFor();
  await ada.go(link, 'Confirm your e-mail address');
  await look('address-confirm');
  await ada.press('Confirm address');
  await page.getByText('The address is confirmed').waitFor();
  await page.getByRole('link', { name: 'Go to your account' }).click();
  await page.getByText('ada.b@meridian.example').first().waitFor();
}

async function removal(ada, base, look) {
  const { page } = ada;
  await ada.go(`${base}/account`, 'Profile and security');
  await ada.choose('More for Authenticator app', 'Remove');
  await look('remove-factor');
  await ada.press('Remove', page.getByRole('dialog'));
  await ada.proveByPasskey();
  await ada.toast('Authenticator app is removed');
  await ada.choose('More for Laptop at the harbour', 'Remove');
  await ada.press('Remove', page.getByRole('dialog'));
  await ada.proveByPasskey();
  await ada.toast('Laptop at the harbour is removed');
  await page.getByText('No passkey yet.').waitFor();
}
