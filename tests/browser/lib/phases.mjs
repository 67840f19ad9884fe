import { OTHERS, OWNER, SECRET, VAULT } from './cast.mjs';
import { Hands } from './hands.mjs';
import * as steps from './steps.mjs';
import * as trouble from './trouble.mjs';

/** The first visit: from the setup link to a secret that is there when one comes back. */
export async function first({ page, seen, portfolio, given }, step, summary) {
  const link = given['setup-link'];
  // Before anybody is signed in, asking who is answers 401.
  seen.expected.push('401 /api/v1/me');

  await step('the setup page', async () => {
    await page.goto(link);
    await page.getByLabel('Organisation', { exact: true }).waitFor();
    await portfolio.look('setup');
    await page.getByRole('button', { name: 'Create organisation' }).click();
    const invalid = page.locator('[aria-invalid=true]');
    steps.ensure((await invalid.count()) >= 4, 'an empty setup form marks its fields');
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('name'));
    steps.ensure(focused === 'organizationName', `the focus goes to the first wrong field, not ${focused}`);
  });
  await step('set up', async () => {
    await page.goto('about:blank');
    await steps.setUp(page, link);
  });
  await step('no vault yet', async () => {
    await page.getByText('Your first vault').waitFor();
    await portfolio.look('vaults-empty');
  });
  await step('create a vault', () => steps.createVault(page, VAULT, 'Create a vault'));
  await step('an empty vault', async () => {
    await page.getByText('Nothing sealed here yet').waitFor();
    await portfolio.look('vault-empty');
  });
  await step('store a secret', () => steps.storeSecret(page, SECRET, 'Store a password'));
  await step('generate others', async () => {
    for (const [name, username, url] of OTHERS) {
      await steps.storeSecret(page, { name, username, url }, 'New');
    }
  });
  await step('reveal it', () => steps.revealSecret(page));
  await step('a filled vault', () => portfolio.look('vault'));
  await step('hide it', () => steps.hideSecret(page));
  await step('copy it', () => steps.copySecret(page));
  await step('the form and the generator', () => form(page, portfolio));
  await step('the details', () => details(page, portfolio));
  await step('change it, find it', () => changeAndFind(page));
  await step('somebody else is quicker', () => trouble.conflict(page, seen, given));
  await step('delete one, by a fresh proof', () => remove(page, seen, portfolio));
  await step('two vaults', async () => {
    await page.goto(`${given['base-url']}/vaults`);
    await steps.createVault(page, { name: 'Finance', description: '' }, 'New vault');
    await page.getByRole('main').getByRole('link', { name: 'Vaults' }).click();
    await page.getByRole('heading', { level: 1, name: 'Vaults' }).waitFor();
    await portfolio.look('vaults');
  });
  await step('the trail', async () => {
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByText('revealed a secret').first().waitFor();
    const held = await page.evaluate(() => document.activeElement?.textContent);
    steps.ensure(held === 'Audit trail', `a new page takes the focus, not ${held}`);
    await portfolio.look('audit');
  });
  await step('no such page', async () => {
    await page.goto(`${given['base-url']}/nowhere`);
    await page.getByRole('heading', { level: 1, name: 'Not found' }).waitFor();
    await portfolio.look('not-found');
  });
  await step('the theme', () => theme(page));
  await step('the menu by keyboard', () => menu(page));
  await step('the server is away', () => trouble.away(page, seen, portfolio, given));
  await step('a development build says so', () => trouble.developmentKeys(page, portfolio, given));
  await step('sign out', () => steps.signOut(page));
  await step('the sign-in page', () => portfolio.look('sign-in'));
  await step('a wrong password', () => wrongPassword(page, seen, portfolio));
  await step('too many attempts', () => trouble.tooMany(page, seen, portfolio));
  summary.keyboard = await step('sign in with the keyboard', () => steps.signInByKeyboard(page));
  await step('it is there', async () => {
    await steps.openVault(page, VAULT.name);
    await steps.revealSecret(page);
  });
  await step('the session ends elsewhere', () => expire(page, seen));
}

/** After a restart: the same secret. */
export async function again({ page, seen, portfolio, given }, step, summary) {
  seen.expected.push('401 /api/v1/me');
  await step('a deep link leads to sign-in', async () => {
    await page.goto(`${given['base-url']}/audit`);
    await page.waitForURL('**/sign-in?next=%2Faudit');
    // The address is there before the page is.
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.goto(given['base-url']);
  });
  summary.keyboard = await step('sign in with the keyboard', () => steps.signInByKeyboard(page));
  await step('the same secret', async () => {
    await steps.openVault(page, VAULT.name);
    await steps.revealSecret(page);
    await portfolio.look('vault');
  });
  await step('the setup link is spent', async () => {
    await steps.signOut(page);
    seen.expected.push('404 /api/v1/setup/check');
    await page.goto(given['setup-link']);
    await page.getByText('This setup link does not open anything').waitFor();
    await portfolio.look('setup-closed');
  });
}

async function form(page, portfolio) {
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('dialog', { name: 'New secret' }).waitFor();
  await portfolio.look('types');
  await page.getByRole('button', { name: /^Password/ }).click();
  const dialog = page.getByRole('dialog', { name: 'New password' });
  await dialog.getByRole('button', { name: 'Password generator' }).click();
  const password = dialog.getByLabel('Password', { exact: true });
  const before = await password.inputValue();
  steps.ensure(before.length === 20, `a generated password has 20 characters, not ${before.length}`);
  await dialog.getByRole('button', { name: 'Another' }).click();
  steps.ensure((await password.inputValue()) !== before, 'another password is another');
  await dialog.getByLabel('Name', { exact: true }).fill('Weigh-bridge terminal');
  await portfolio.look('secret-form');
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null);
    steps.ensure(inside, 'the dialog keeps the focus');
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

async function details(page, portfolio) {
  const open = await steps.openSecret(page, SECRET.name);
  await open.getByRole('button', { name: 'Reveal notes' }).click();
  await open.getByText(SECRET.notes).waitFor();
  await portfolio.look('details');
}

async function changeAndFind(page) {
  const open = await steps.openSecret(page, 'Backup repository');
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: 'Edit password' });
  await dialog.getByLabel(/^User name/).fill('backup-reader');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await open.getByText('backup-reader').waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('/');
  await page.keyboard.type('reader');
  await page.getByText('1 secret found').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('6 secrets', { exact: true }).first().waitFor();
}

/** Into the trash, back, into the trash again, and away for good. */
async function remove(page, seen, portfolio) {
  const name = 'Mail relay';
  await steps.openSecret(page, name);
  await page.keyboard.press('Delete');
  await steps.row(page, name).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await steps.openSecret(page, name);
  await page.getByRole('button', { name: `More for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Move to the trash' }).click();
  await steps.row(page, name).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'More for this vault' }).click();
  await page.getByRole('menuitem', { name: 'Trash' }).click();
  await page.getByRole('heading', { level: 1, name: 'Trash' }).waitFor();
  await page.getByText(name).first().waitFor();
  await portfolio.look('trash');
  seen.expected.push('403 /api/v1/vaults/*/trash/*');
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await new Hands(page).proveByPassword(OWNER.password);
  await page.getByText('The trash is empty').waitFor();
}

async function theme(page) {
  const chosen = () => page.evaluate(() => document.documentElement.dataset.theme);
  for (const [name, value] of [['Dark', 'dark'], ['Like the system', undefined]]) {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitemradio', { name }).click();
    steps.ensure((await chosen()) === value, `the theme is ${await chosen()} after choosing ${name}`);
  }
}

/** Opens with the arrow, moves with the arrows, and gives the focus back. */
async function menu(page) {
  const trigger = page.getByRole('button', { name: /^Account of/ });
  await trigger.focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role')?.startsWith('menuitem'));
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });
  const back = await trigger.evaluate((element) => element === document.activeElement);
  steps.ensure(back, 'the focus comes back from the menu');
}

async function wrongPassword(page, seen, portfolio) {
  seen.expected.push('401 /api/v1/auth/sign-in');
  await page.getByLabel('E-mail address').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await portfolio.look('sign-in-refused');
  await page.reload();
}

/** The cookie goes; the next click leads to sign-in, and signing in leads on. */
async function expire(page, seen) {
  await page.getByRole('main').getByRole('link', { name: 'Vaults' }).click();
  const link = page.getByRole('main').getByRole('link', { name: 'Finance', exact: true });
  const vault = `/api/v1${await link.getAttribute('href')}`;
  seen.expected.push(`401 ${vault}`, '401 /api/v1/secrets');
  await page.context().clearCookies();
  await link.click();
  await page.getByText('Your session has ended').waitFor();
  await page.getByLabel('E-mail address').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Finance' }).waitFor();
}
