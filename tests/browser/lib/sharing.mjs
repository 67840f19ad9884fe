// Access, links, files and exposure: the steps of sharing.mjs.
import { readFileSync } from 'node:fs';
import { GUEST, OWNER, SECRET, VAULT } from './cast.mjs';
import { detail, ensure, openSecret, openVault, row } from './steps.mjs';

const to = `${GUEST.name} (${GUEST.email})`;

export async function joins(ada, ben, base) {
  const { page } = ada;
  await ada.go(`${base}/members#invite`);
  const dialog = ada.dialog('Invite somebody');
  await dialog.waitFor();
  await ada.field('E-mail address', dialog).fill(GUEST.email);
  await page.keyboard.press('Enter');
  const link = await ada.shown('Invitation link');
  await page.keyboard.press('Escape');
  await ben.go(link, `Join ${OWNER.organization}`);
  await ben.fill({ 'Your name': GUEST.name, Password: GUEST.password, 'Password again': GUEST.password });
  await ben.press('Create account and join');
  await ben.heading('Vaults').waitFor();
  await ada.go(`${base}/vaults`, 'Vaults');
  await openVault(page, VAULT.name);
}

export async function one(ada, ben, base, look) {
  const { page } = ada;
  await openSecret(page, SECRET.name);
  await ada.press('Share', detail(page, SECRET.name));
  const dialog = ada.dialog(`Share ${SECRET.name}`);
  await ada.field('With', dialog).selectOption({ label: to });
  await ada.field('How long', dialog).selectOption('7');
  await ada.press('Give access', dialog);
  await dialog.getByRole('list', { name: 'Who has access' }).getByText(GUEST.name).waitFor();
  await look('shared');
  await ben.go(`${base}/secrets`, 'All secrets');
  await row(ben.page, SECRET.name).getByText(/^.*Viewer, until /).waitFor();
  await ben.page.getByRole('link', { name: 'Shared with me' }).click();
  await ben.heading('Shared with me').waitFor();
  const open = await openSecret(ben.page, SECRET.name);
  await open.getByText(/^Shared with you: Viewer, until /).waitFor();
  await open.getByRole('button', { name: 'Reveal password' }).click();
  ensure((await open.locator('[data-revealed]').textContent()) === SECRET.password, 'who it is shared with sees it');
  ensure((await open.getByRole('button', { name: 'Edit' }).count()) === 0, 'and does not change it');
  ensure((await row(ben.page, 'Border router').count()) === 0, 'and sees nothing else');
  await look('shared-with-me', ben.page);
}

/** An editor of one secret changes it, and neither moves it nor throws it away. */
export async function edited(ada, ben) {
  await ada.press('Share', detail(ada.page, SECRET.name));
  const dialog = ada.dialog(`Share ${SECRET.name}`);
  await ada.press(`Change the access of ${GUEST.name}`, dialog);
  await ada.field('Role', dialog).selectOption('EDITOR');
  await ada.press('Change access', dialog);
  await dialog.getByRole('list', { name: 'Who has access' }).getByText('Editor').waitFor();
  await ada.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  const { page } = ben;
  await page.reload();
  const open = detail(page, SECRET.name);
  await open.getByText(/^Shared with you: Editor/).waitFor();
  await page.keyboard.press('e');
  const form = ben.dialog('Edit password');
  await form.getByLabel(/^Website/).fill('https://db02.meridian.example/');
  await ben.press('Save changes', form);
  await form.waitFor({ state: 'hidden' });
  await open.getByText('db02.meridian.example').waitFor();
  await ben.button(`More for ${SECRET.name}`, open).click();
  ensure((await page.getByRole('menuitem', { name: /^Move/ }).count()) === 0, 'what is shared alone stays where it is');
  await page.keyboard.press('Escape');
}

/** Who was given nothing is told how one is. */
export async function nothing(ada, base, look) {
  await ada.go(`${base}/shared`, 'Shared with me');
  await ada.page.getByText('Nothing was shared with you on its own').waitFor();
  await look('shared-nothing');
}

export async function readers(ada, look) {
  const { page } = ada;
  const dialog = ada.dialog(`Share ${SECRET.name}`);
  await dialog.getByRole('tab', { name: 'Who can see it' }).click();
  await dialog.getByText('2 people can see it.').waitFor();
  await dialog.getByText(/shared on its own, as Viewer, until/i).waitFor();
  await look('readers');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

export async function whole(ada, ben, base, look) {
  const { page } = ada;
  await ada.choose('More for this vault', 'Share');
  const dialog = ada.dialog(`Share ${VAULT.name}`);
  await ada.field('With', dialog).selectOption({ label: to });
  await ada.field('Role', dialog).selectOption('EDITOR');
  await ada.press('Give access', dialog);
  await dialog.getByRole('list', { name: 'Who has access' }).getByText(GUEST.name).waitFor();
  await look('vault-shared');
  await ben.go(`${base}/vaults`, 'Vaults');
  await openVault(ben.page, VAULT.name);
  await row(ben.page, 'Border router').waitFor();
  await dialog.getByRole('button', { name: `Take the access of ${GUEST.name} away` }).click();
  await dialog.getByRole('list', { name: 'Who has access' }).getByText(GUEST.name).waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

/** A picture that would run is a download of no particular kind. */
export async function file(ada, base, look) {
  const { page } = ada;
  const content = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
  const open = await openSecret(page, SECRET.name);
  await open.locator('input[name=attachment]').setInputFiles({ name: 'plan.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(content) });
  await open.getByRole('list', { name: 'Attached files' }).getByText('plan.svg').waitFor();
  await look('attached');
  const saved = page.waitForEvent('download');
  await ada.press('Save plan.svg', open);
  const got = await saved;
  ensure(got.suggestedFilename() === 'plan.svg' && readFileSync(await got.path(), 'utf8') === content, 'the file comes back whole');
  await ada.press('Remove plan.svg', open);
  await ada.press('Remove file');
  await ada.proveByPassword(OWNER.password);
  await open.getByText('plan.svg').waitFor({ state: 'detached' });
  ensure(page.url().startsWith(base), 'nothing of it was opened');
}

async function made(ada, passphrase) {
  const { page } = ada;
  await openSecret(page, SECRET.name);
  await ada.press('Share', detail(page, SECRET.name));
  const dialog = ada.dialog(`Share ${SECRET.name}`);
  await dialog.getByRole('tab', { name: 'One-time links' }).click();
  if (passphrase) await dialog.getByLabel(/^Passphrase/).fill(passphrase);
  await ada.press('Make a link', dialog);
  const link = await ada.shown('One-time link', dialog);
  return { dialog, link };
}

export async function link(ada, outsider, base, look, seen) {
  const { page } = ada;
  const { dialog, link: address } = await made(ada, 'the grey heron');
  await look('link');
  await ada.press('Done', dialog);
  await dialog.getByText('1 of 1 left').waitFor();
  ensure(!(await page.content()).includes(address.split('#')[1]), 'the link is shown once');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  seen.expected.push('403 /api/v1/links/open', '404 /api/v1/links/open');
  await outsider.goto(address);
  await outsider.getByRole('button', { name: 'Open the secret' }).waitFor();
  ensure(!outsider.url().includes('#'), 'the token stays in the address');
  await outsider.getByRole('button', { name: 'Open the secret' }).click();
  await outsider.getByLabel('Passphrase', { exact: true }).fill('a white heron');
  await outsider.getByRole('button', { name: 'Open the secret' }).click();
  await outsider.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await look('outsider', outsider);
  await outsider.getByLabel('Passphrase', { exact: true }).fill('the grey heron');
  await outsider.getByRole('button', { name: 'Open the secret' }).click();
  await outsider.getByRole('heading', { level: 1, name: SECRET.name }).waitFor();
  ensure(!(await outsider.content()).includes(SECRET.password), 'the value is not on the page before it is asked for');
  await outsider.getByRole('button', { name: 'Show password' }).click();
  await outsider.getByText('The link is used up').waitFor();
  ensure((await outsider.locator('[data-revealed]').textContent()) === SECRET.password, 'the value is what was stored');
  await look('outsider-opened', outsider);
  await outsider.goto('about:blank');
  await outsider.goto(address);
  await outsider.getByRole('button', { name: 'Open the secret' }).click();
  await outsider.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await look('outsider-over', outsider);
  ensure(outsider.url().startsWith(base), 'and stays where it is');
}

export async function withdrawn(ada, outsider, look) {
  const { page } = ada;
  const { dialog, link: address } = await made(ada);
  await ada.press('Done', dialog);
  await dialog.getByText('1 of 1 left').waitFor();
  const over = dialog.getByRole('list', { name: 'Used up' }).getByRole('listitem');
  await over.filter({ hasText: 'opened 1 of 1 time' }).filter({ hasText: 'Used up' }).waitFor();
  ensure((await dialog.getByRole('list', { name: 'Open links' }).getByRole('listitem').count()) === 1, 'live links stand apart');
  await look('links');
  await dialog.getByRole('listitem').filter({ hasText: '1 of 1 left' }).getByRole('button', { name: 'Withdraw this link' }).click();
  await dialog.getByText('1 of 1 left').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await outsider.goto(address);
  await outsider.getByRole('button', { name: 'Open the secret' }).click();
  await outsider.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
}

export async function exposure(ada, base, look) {
  await ada.go(`${base}/members`, 'Members');
  await ada.choose(`More for ${GUEST.name}`, 'What they know');
  const dialog = ada.dialog(`What ${GUEST.name} knows`);
  await dialog.getByRole('list', { name: 'Secrets to be changed' }).getByText(SECRET.name).waitFor();
  await look('exposure');
}
