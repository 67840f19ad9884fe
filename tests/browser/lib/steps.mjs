import { OWNER, SECRET } from './cast.mjs';

const label = (page, name) => page.getByLabel(name, { exact: true });

/** Asserts, with the words of the assertion. */
export function ensure(holds, words) {
  if (!holds) throw new Error(words);
}

export async function setUp(page, link) {
  await page.goto(link);
  await label(page, 'Organisation').fill(OWNER.organization);
  ensure(!page.url().includes('token'), 'the token stays in the address bar');
  await label(page, 'Your name').fill(OWNER.name);
  await label(page, 'E-mail address').fill(OWNER.email);
  await label(page, 'Password').fill(OWNER.password);
  await label(page, 'Password again').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await page.getByRole('heading', { level: 1, name: 'Vaults' }).waitFor();
}

/** With the keyboard alone: from the top of the page through the form. */
export async function signInByKeyboard(page) {
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  const order = [];
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press('Tab');
    const held = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle((element.matches('input') && element.closest('.box')) || element);
      return {
        name: element.getAttribute('name') ?? element.getAttribute('aria-label') ?? element.textContent.trim(),
        ringed: style.boxShadow !== 'none',
      };
    });
    order.push(held.name);
    ensure(held.ringed, `focus cannot be seen on ${held.name}`);
    if (held.name === 'email') await page.keyboard.type(OWNER.email);
    if (held.name === 'password') await page.keyboard.type(OWNER.password);
    if (held.name === 'Sign in') break;
  }
  ensure(order.at(-1) === 'Sign in', `the keyboard does not reach the button: ${order.join(' → ')}`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Vaults' }).waitFor();
  return order;
}

export async function signOut(page) {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
}

export async function createVault(page, vault, button) {
  await page.getByRole('button', { name: button }).click();
  const dialog = page.getByRole('dialog', { name: 'New vault' });
  await label(dialog, 'Name').fill(vault.name);
  await dialog.getByLabel(/^Description/).fill(vault.description);
  await dialog.getByRole('button', { name: 'Create vault' }).click();
  await page.getByRole('heading', { level: 1, name: vault.name }).waitFor();
}

/** By the first button of an empty vault, or by "New" and the type. */
export async function storeSecret(page, secret, button) {
  await page.getByRole('button', { name: button, exact: true }).click();
  if (button === 'New') await page.getByRole('dialog', { name: 'New secret' }).getByRole('button', { name: /^Password/ }).click();
  const dialog = page.getByRole('dialog', { name: 'New password' });
  await label(dialog, 'Name').fill(secret.name);
  await dialog.getByLabel(/^User name/).fill(secret.username);
  await dialog.getByLabel(/^Website/).fill(secret.url);
  if (secret.password) await label(dialog, 'Password').fill(secret.password);
  else await dialog.getByRole('button', { name: 'Password generator' }).click();
  if (secret.notes) await dialog.getByLabel(/^Notes/).fill(secret.notes);
  await dialog.getByRole('button', { name: 'Store', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await row(page, secret.name).waitFor();
}

/** A line of the list. */
export function row(page, name) {
  return page.locator('a[data-record]').filter({ has: page.getByText(name, { exact: true }) });
}

/** The page of one secret, beside the list. */
export const detail = (page, name) => page.getByRole('article', { name, exact: true });

/** Opens a secret from the list. */
export async function openSecret(page, name) {
  await row(page, name).click();
  await detail(page, name).waitFor();
  return detail(page, name);
}

/** Reveals a secret's password and asserts its value; it was nowhere on the page before. */
export async function revealSecret(page, secret = SECRET) {
  const open = await openSecret(page, secret.name);
  ensure(!(await page.content()).includes(secret.password), 'the value is on the page before it is revealed');
  await open.getByRole('button', { name: 'Reveal password' }).click();
  const shown = await open.locator('[data-revealed]').textContent();
  ensure(shown === secret.password, 'the revealed value is not what was stored');
}

export async function hideSecret(page, secret = SECRET) {
  const open = detail(page, secret.name);
  await open.getByRole('button', { name: 'Hide password' }).click();
  await open.locator('[data-revealed]').waitFor({ state: 'detached' });
  ensure(!(await page.content()).includes(secret.password), 'the value stays on the page after it was hidden');
}

/** Copies without showing: the value never gets into the page. */
export async function copySecret(page, secret = SECRET) {
  await detail(page, secret.name).getByRole('button', { name: 'Copy password' }).click();
  await page.getByText('Password copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  ensure(copied === secret.password, 'the copied value is not what was stored');
  ensure(!(await page.content()).includes(secret.password), 'the value is on the page after it was copied');
}

export async function openVault(page, name) {
  await page.getByRole('main').getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}
