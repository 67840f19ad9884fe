// Import, export, health and the trail: the steps of trail.mjs.
import { readFileSync } from 'node:fs';
import { OWNER, VAULT } from './cast.mjs';
import { ensure, openSecret, row } from './steps.mjs';

const DOTENV = '# the shop\nSHOP_TOKEN=tok-91f3c4\nexport SHOP_URL="https://shop.example"\nSHOP_REGION=north\nnothing of this kind\n';
const TABLE = 'Title,Login,Pass word,Web,Floor\nLift,ops,hunter2,https://lift.example,3\nGate,ops,hunter2,not an address,1\n';

const menu = (ada, entry) => ada.choose('More for this vault', entry);

export async function dotenv(ada, look) {
  const { page } = ada;
  await page.keyboard.press('n');
  await ada.dialog('New secret').getByRole('button', { name: /^Environment variable/ }).click();
  await ada.dialog(/^New environment/).getByLabel('Value', { exact: true }).fill(DOTENV);
  await ada.press('Import 3 variables');
  await ada.heading('Import').waitFor();
  ensure((await page.getByRole('radio', { name: /^\.env/ }).isChecked()) === true, 'the format is chosen already');
  await ada.press('Look through it');
  await page.getByText('What would be stored').waitFor();
  ensure(!(await page.content()).includes('tok-91f3c4'), 'a preview shows no values');
  await page.getByRole('button', { name: /^Not right/ }).click();
  await page.getByText('has no = after a name').waitFor();
  ensure(await ada.button('Import 0 secrets').isDisabled(), 'it is all or none');
  await look('import-dotenv');
  await page.getByLabel('Leave out what is not right').check();
  await page.getByRole('button', { name: 'Import 3 secrets' }).click();
  await page.getByText(/secrets? (is|are) stored/).waitFor();
  await look('import-done');
  await page.getByRole('link', { name: 'To the vault' }).click();
  await row(page, 'SHOP_TOKEN').waitFor();
}

export async function table(ada, look) {
  const { page } = ada;
  await menu(ada, 'Import');
  await ada.heading('Import').waitFor();
  await look('import');
  await page.getByRole('radio', { name: /^Another table/ }).check();
  await page.locator('input[name=file]').setInputFiles({ name: 'doors.csv', mimeType: 'text/csv', buffer: Buffer.from(TABLE) });
  await ada.press('Look through it');
  await page.getByText('What the columns hold').waitFor();
  for (const [heading, meaning] of [['Title', 'name'], ['Login', 'username'], ['Pass word', 'password'], ['Web', 'url'], ['Floor', 'custom']]) {
    await ada.field(heading).selectOption(meaning);
  }
  await ada.press('Read it like this');
  await page.getByText('it is kept as a field of its own').waitFor();
  await look('import-table');
  await page.getByRole('button', { name: 'Import 2 secrets' }).click();
  await page.getByText('2 secrets are stored').waitFor();
  await page.getByRole('link', { name: 'To the vault' }).click();
  const lift = await openSecret(page, 'Lift');
  await lift.getByText('Floor').waitFor();
  // The same file once more: everything is there already.
  await menu(ada, 'Import');
  await page.getByRole('radio', { name: /^Another table/ }).check();
  await page.locator('input[name=file]').setInputFiles({ name: 'doors.csv', mimeType: 'text/csv', buffer: Buffer.from('name,username,password,url\nLift,ops,hunter2,https://lift.example\n') });
  await ada.press('Look through it');
  await page.getByRole('button', { name: /^There already/ }).waitFor();
  await page.getByRole('link', { name: VAULT.name }).first().click();
  await row(page, 'Lift').waitFor();
}

export async function refused(ada, look, seen) {
  const { page } = ada;
  seen.expected.push('422 /api/v1/vaults/*/secrets/import/preview');
  await menu(ada, 'Import');
  await page.getByRole('radio', { name: /^KeePass/ }).check();
  await page.locator('input[name=file]').setInputFiles({ name: 'not.kdbx', mimeType: 'application/octet-stream', buffer: Buffer.from('not a database') });
  await ada.press('Look through it');
  await page.locator('[aria-invalid=true]').first().waitFor();
  await look('import-refused');
  await page.getByRole('link', { name: VAULT.name }).first().click();
  await row(page, 'Lift').waitFor();
}

export async function made(ada, look) {
  const { page } = ada;
  await page.keyboard.press('n');
  await ada.dialog('New secret').getByRole('button', { name: /^SSH key/ }).click();
  const form = ada.dialog('New SSH key');
  await ada.press('Generate', form);
  await form.getByText(/^SHA256:/).waitFor();
  await look('ssh-key');
  await form.getByLabel('Name', { exact: true }).fill('Edge router');
  await ada.press('Store', form);
  await form.waitFor({ state: 'hidden' });
  await page.getByRole('article', { name: 'Edge router' }).getByText(/^SHA256:/).waitFor();
  ensure(!(await page.content()).includes('PRIVATE KEY'), 'the private key is sealed');
  await page.keyboard.press('n');
  await ada.dialog('New secret').getByRole('button', { name: /^Password/ }).click();
  const password = ada.dialog('New password');
  await ada.press('Password generator', password);
  await password.getByRole('tab', { name: 'Words' }).click();
  await page.waitForFunction(() => /^[a-z]+(-[a-z]+){5}$/.test(document.querySelector('[role=dialog] input[name=password]')?.value ?? ''));
  await look('passphrase');
  await password.getByRole('tab', { name: 'To be spoken' }).click();
  await password.getByText(/About \d+ bits/).waitFor();
  await page.keyboard.press('Escape');
  await password.waitFor({ state: 'hidden' });
}

/** By the picture that a service shows: the portal's own, of an authenticator that is then not added. */
export async function codes(ada, look) {
  const { page } = ada;
  const vault = page.url();
  await ada.go(new URL('/account', vault).href, 'Profile and security');
  await ada.press('Add app');
  const picture = await ada.dialog('Add an authenticator app').locator('img').screenshot();
  await ada.go(vault);
  await row(page, 'Lift').waitFor();
  await page.keyboard.press('n');
  await ada.dialog('New secret').getByRole('button', { name: /^One-time code/ }).click();
  const form = ada.dialog(/^New one-time/);
  const address = form.getByLabel('Set-up address or key');
  await form.locator('input[name=picture]').setInputFiles({ name: 'nothing.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await form.getByText('There is no code in this picture').waitFor();
  await form.locator('input[name=picture]').setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture });
  await form.getByText('code.png: read').waitFor();
  const seed = new URL(await address.inputValue()).searchParams.get('secret');
  ensure(seed?.length >= 16, 'the picture is read');
  await look('code-form');
  await form.getByLabel('Name', { exact: true }).fill('Customs portal');
  await ada.press('Store', form);
  await form.waitFor({ state: 'hidden' });
  const open = page.getByRole('article', { name: 'Customs portal' });
  await ada.press('Show code', open);
  await open.locator('[data-revealed]').getByText(/\d{3} \d{3}/).waitFor();
  ensure(!(await page.content()).includes(seed), 'the seed stays on the server');
  await look('code');
  await ada.press('Hide code', open);
  await ada.button('Show code', open).waitFor();
}

export async function health(ada, look, seen) {
  const { page } = ada;
  seen.expected.push('409 /api/v1/vaults/*/breach-check');
  await menu(ada, 'Health');
  await ada.heading('Health').waitFor();
  await page.getByRole('list', { name: 'The same secret, 1' }).getByText('Lift').waitFor();
  await page.getByRole('list', { name: 'Weak secrets' }).getByText('Gate').waitFor();
  await ada.press('Look for them');
  await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await look('health');
  await page.getByRole('list', { name: 'Weak secrets' }).getByRole('link', { name: 'Gate' }).click();
  await page.getByRole('article', { name: 'Gate' }).waitFor();
}

export async function exported(ada, look, seen) {
  const { page } = ada;
  seen.expected.push('403 /api/v1/vaults/*/export');
  await menu(ada, 'Export');
  const dialog = ada.dialog(`Export ${VAULT.name}`);
  await ada.fill({ Passphrase: 'seven geese over the estuary', 'Passphrase again': 'seven geese over the estuary' }, dialog);
  await look('export');
  const file = page.waitForEvent('download');
  await ada.press('Export', dialog);
  await ada.proveByPassword(OWNER.password);
  const text = readFileSync(await (await file).path());
  ensure(text.subarray(0, 21).toString() === 'age-encryption.org/v1', 'the file is encrypted');
  ensure(!text.includes('hunter2'), 'and holds nothing in the clear');
  await dialog.waitFor({ state: 'hidden' });
}

export async function searched(ada, look, base) {
  const { page } = ada;
  await ada.go(`${base}/audit`, 'Audit trail');
  await page.getByText('exported a vault').or(page.getByText('exported a secret')).first().waitFor();
  await ada.press('Filters');
  await ada.field('What').selectOption('secret.code-shown');
  await page.getByText('had a one-time code shown').first().waitFor();
  await page.getByText('stored a secret').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^All of entry/ }).first().click();
  await page.getByText('By the clock of the server').waitFor();
  await look('audit');
  await ada.field('What').selectOption('');
  await page.getByLabel('Search the trail').fill('nobody ever did this');
  await page.getByText('No entry matches').waitFor();
  await look('audit-nothing');
  await ada.press('Show everything');
  await page.getByText('had a one-time code shown').first().waitFor();
  const file = page.waitForEvent('download');
  await ada.choose('Export', 'As CSV, for a spreadsheet');
  ensure((await (await file).suggestedFilename()).endsWith('.csv'), 'the trail is a file');
  await ada.toast('The trail is exported');
}

export async function verified(ada, look) {
  const { page } = ada;
  await ada.press('Make one now');
  await page.getByText('Checkpoint 1').waitFor();
  const file = page.waitForEvent('download');
  await ada.press('Save checkpoint 1');
  const path = await (await file).path();
  await page.getByRole('list', { name: 'Checkpoints' }).scrollIntoViewIfNeeded();
  await look('checkpoints');
  await ada.press('Verify');
  const dialog = ada.dialog('Verify the trail');
  await dialog.locator('input[type=file]').setInputFiles(path);
  await ada.press('Verify', dialog);
  await dialog.getByText('The trail is whole').waitFor();
  await look('verified');
  await page.keyboard.press('Escape');
}

/** More checkpoints than a page of the API has: one goes back to the first of them. */
export async function backToTheFirst(ada, look, base) {
  const { page } = ada;
  const api = `${base}/api/v1`;
  const headers = { origin: new URL(base).origin };
  for (let made = 1; made < 55; made += 1) {
    // A checkpoint says how far the trail goes, so something has to happen between two.
    const renamed = await page.request.patch(`${api}/me`, { headers, data: { name: `Ada the ${made}` } });
    const sealed = await page.request.post(`${api}/audit-checkpoints`, { headers, data: {} });
    ensure(renamed.ok() && sealed.ok(), `a checkpoint is made: ${renamed.status()}, ${sealed.status()}`);
  }
  await page.reload();
  const list = page.getByRole('list', { name: 'Checkpoints' });
  await list.getByText('Checkpoint 55', { exact: true }).waitFor();
  ensure((await list.getByRole('listitem').count()) === 3, 'the newest stand there');
  await ada.press('Show earlier ones');
  await list.getByText('Checkpoint 6', { exact: true }).waitFor();
  ensure((await list.getByText('Checkpoint 5', { exact: true }).count()) === 0, 'a page ends');
  await ada.press('Show earlier ones');
  const first = list.getByText('Checkpoint 1', { exact: true });
  await first.waitFor();
  ensure((await ada.button('Show earlier ones').count()) === 0, 'there is none before the first');
  await first.scrollIntoViewIfNeeded();
  await look('first-checkpoint');
  await ada.press('Show fewer');
  await first.waitFor({ state: 'detached' });
}
