// What one does with secrets: the steps of vault.mjs.
import { ensure, openSecret, row } from './steps.mjs';

/** A type by what the chooser calls it, and what its form is filled with. */
const TYPES = [
  { type: 'Password', name: 'Primary database', fields: { 'User name': 'postgres', Password: 'vT7#kestrel-92!Quay', Website: 'https://db01.meridian.example' } },
  { type: 'API key', name: 'Weather service', fields: { Service: 'NorthSea Weather', Key: 'nsw-live-9f3b2c77a1' } },
  { type: 'Environment variable', name: 'Database address', fields: { Variable: 'DATABASE_URL', Value: 'postgres://app@db01/app' } },
  { type: 'Payment card', name: 'Fuel card', fields: { 'Name on the card': 'Meridian Freight', Number: '4111111111111111', 'Security code': '123' } },
  { type: 'Identity', name: 'Ada Lindqvist', fields: { 'Full name': 'Ada Lindqvist', Passport: 'K1234567' } },
  { type: 'One-time code', name: 'Customs portal', fields: { 'Set-up address or key': 'otpauth://totp/Customs:ada?secret=JBSWY3DPEHPK3PXP&issuer=Customs' } },
];

const NOTE = `# Crane 4

Call **the harbour master**: [duty list](https://meridian.example/duty).

1. Press the *red* button
2. Enter \`4711\`

| Pier | Code |
|---|---|
| 4 | 4711 |

<img src=x onerror="globalThis.__ran = true"> ![x](https://elsewhere.example/x.png) [run](javascript:alert(1))`;

/** A field by its label, whether or not it has to be filled. */
const field = (dialog, label) => dialog.getByLabel(new RegExp(`^${label} ?(Optional)?$`)).first();

async function begin(ada, type) {
  const { page } = ada;
  await page.keyboard.press('n');
  await ada.dialog('New secret').getByRole('button', { name: new RegExp(`^${type}`) }).click();
  const dialog = page.getByRole('dialog', { name: /^New / });
  await dialog.getByLabel('Name', { exact: true }).waitFor();
  return dialog;
}

async function store(ada, dialog, name) {
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await ada.press('Store', dialog);
  await dialog.waitFor({ state: 'hidden' });
  await ada.page.getByRole('article', { name, exact: true }).waitFor();
}

/** Each form by its own table; what is derived shows, and what is sealed does not. */
export async function everyType(ada, look) {
  const { page } = ada;
  for (const { type, name, fields } of TYPES) {
    const dialog = await begin(ada, type);
    for (const [label, value] of Object.entries(fields)) await field(dialog, label).fill(value);
    await store(ada, dialog, name);
    for (const value of ['vT7#kestrel', 'nsw-live', '4111111111111111', 'K1234567', 'JBSWY3DP']) {
      ensure(!(await page.content()).includes(value), `${name}: ${value} is on the page`);
    }
    await look(`type-${type.toLowerCase().replaceAll(' ', '-')}`);
  }
}

export async function note(ada, look) {
  const { page } = ada;
  const dialog = await begin(ada, 'Secure note');
  await field(dialog, 'Note').fill(NOTE);
  await store(ada, dialog, 'When the crane stops');
  await ada.press('Reveal note');
  const shown = page.locator('[data-revealed]');
  await shown.getByText('the harbour master').waitFor();
  ensure((await shown.locator('img, script').count()) === 0, 'a note makes no elements of its own');
  ensure((await shown.locator('a[href^="javascript"]').count()) === 0, 'a note has no link that runs');
  ensure(!(await page.evaluate(() => globalThis.__ran)), 'nothing of a note runs');
  const link = shown.getByRole('link', { name: 'duty list' });
  ensure((await link.getAttribute('rel'))?.includes('noreferrer'), 'a link of a note tells nobody where it was');
  await look('note');
  await ada.press('Hide note');
  ensure(!(await page.content()).includes('harbour master'), 'the note stays on the page');
}

/** Time runs as fast as the clock of the page says. */
export async function sealsItself(ada) {
  const { page } = ada;
  await page.clock.install();
  const open = await openSecret(page, 'Weather service');
  await open.getByRole('button', { name: 'Reveal key' }).click();
  await open.locator('[data-revealed]').waitFor();
  await page.clock.runFor(31_000);
  await open.locator('[data-revealed]').waitFor({ state: 'detached' });
  ensure(!(await page.content()).includes('nsw-live'), 'the value is gone from the page');
}

export async function clipboard(ada) {
  const { page } = ada;
  const held = () => page.evaluate(() => navigator.clipboard.readText());
  await openSecret(page, 'Weather service');
  await page.keyboard.press('c');
  await page.getByText('of Weather service copied').waitFor();
  ensure((await held()) === 'nsw-live-9f3b2c77a1', 'what the record keeps is copied');
  await page.clock.runFor(46_000);
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === '');
  ensure(!(await page.content()).includes('nsw-live'), 'what was copied never was on the page');
  await page.clock.resume();
}

export async function fields(ada, look) {
  const { page } = ada;
  const open = await openSecret(page, 'Primary database');
  await page.keyboard.press('e');
  const dialog = ada.dialog('Edit password');
  await ada.press('Add a field', dialog);
  await field(dialog, 'Label').fill('Port');
  await dialog.getByRole('group', { name: 'Port' }).getByLabel('Value').fill('5432');
  await ada.press('Add a field', dialog);
  await dialog.getByLabel('Label').nth(1).fill('Backup PIN');
  await dialog.getByLabel('Kind').nth(1).selectOption('hidden');
  await dialog.getByLabel('Value').nth(1).fill('8841');
  await field(dialog, 'Tags').fill('production');
  await page.keyboard.press('Enter');
  await page.keyboard.type('database,');
  await look('form');
  await ada.press('Save changes', dialog);
  await dialog.waitFor({ state: 'hidden' });
  await open.getByText('5432').waitFor();
  ensure(!(await page.content()).includes('8841'), 'a hidden field is sealed');
  await open.getByRole('button', { name: 'Reveal backup pin' }).click();
  await open.locator('[data-revealed]').getByText('8841').waitFor();
  await page.keyboard.press('s');
  await row(page, 'Primary database').locator('..').getByText('Favourite').waitFor();
  await look('fields');
}

export async function injectOnly(ada, look, seen) {
  const { page } = ada;
  const dialog = await begin(ada, 'API key');
  await field(dialog, 'Key').fill('robot-4f1c');
  await dialog.getByLabel('Inject only').check();
  await store(ada, dialog, 'Deployment robot');
  const open = page.getByRole('article', { name: 'Deployment robot' });
  await open.getByText('It is never shown').waitFor();
  ensure((await open.getByRole('button', { name: /^(Reveal|Copy) key/ }).count()) === 0, 'nothing offers to reveal it');
  await page.keyboard.press('c');
  await page.getByText('nobody copies it').waitFor();
  await ada.press('Dismiss');
  await look('inject-only');
  seen.expected.push('422 /api/v1/vaults/*/secrets/*');
  await page.keyboard.press('e');
  const edit = ada.dialog(/^Edit /);
  await edit.getByLabel('Inject only').uncheck();
  await ada.press('Save changes', edit);
  await edit.getByText(/can be unset only/i).first().waitFor();
  await page.keyboard.press('Escape');
  await edit.waitFor({ state: 'hidden' });
}

export async function versions(ada, look) {
  const { page } = ada;
  const open = await openSecret(page, 'Primary database');
  await page.keyboard.press('e');
  const dialog = ada.dialog('Edit password');
  await field(dialog, 'User name').fill('admin');
  await ada.press('Replace', dialog.getByRole('group', { name: 'Password' }));
  await field(dialog, 'Password').fill('another horse entirely');
  await ada.press('Save changes', dialog);
  await dialog.waitFor({ state: 'hidden' });
  await open.getByText('admin', { exact: true }).waitFor();
  await ada.choose('More for Primary database', 'Earlier versions');
  const drawer = ada.dialog('Versions of Primary database');
  await drawer.getByText('Version 2', { exact: true }).waitFor();
  ensure(!(await page.content()).includes('vT7#kestrel'), 'an earlier version is sealed');
  await drawer.getByRole('listitem').filter({ hasText: 'Version 1' }).getByRole('button', { name: 'Password' }).click();
  await drawer.locator('[data-revealed]').getByText('kestrel').waitFor();
  await look('versions');
  await drawer.getByRole('listitem').filter({ hasText: 'Version 2' }).getByRole('button', { name: 'Restore' }).click();
  await ada.press('Restore version 2', ada.dialog('Go back to version 2?'));
  await drawer.waitFor({ state: 'hidden' });
  await open.getByText('postgres', { exact: true }).waitFor();
  await open.getByText(/^Version 4/).waitFor();
}

/** More than a page of the API, far more than the document holds. */
export async function many(ada, base, look) {
  const { page } = ada;
  const path = new URL(page.url()).pathname;
  const headers = { origin: new URL(base).origin };
  for (let at = 0; at < 230; at += 10) {
    const wave = Array.from({ length: 10 }, (_, each) => at + each).map((number) =>
      page.request.post(`${base}/api/v1${path}/secrets`, {
        headers,
        data: { type: 'PASSWORD', name: `Terminal ${String(number).padStart(3, '0')}`, fields: { username: 'ops', password: `p${number}` }, tags: number % 5 ? [] : ['legacy'] },
      }),
    );
    for (const answer of await Promise.all(wave)) ensure(answer.ok(), `a secret is stored: ${answer.status()}`);
  }
  await page.goto(`${base}${path}`);
  await page.getByText(/^238 secrets/).first().waitFor();
  const drawn = () => page.locator('a[data-record]').count();
  ensure((await drawn()) < 60, `the document holds ${await drawn()} rows`);
  await page.locator('a[data-record]').first().focus();
  for (let pages = 0; pages < 3; pages += 1) {
    await page.keyboard.press('End');
    await page.waitForTimeout(200);
  }
  await page.getByRole('listitem').filter({ has: page.locator('a[data-record]') }).last().waitFor();
  const last = page.locator('li[aria-posinset="238"]');
  await last.waitFor();
  ensure((await last.getAttribute('aria-setsize')) === '238', 'a row says which of how many it is');
  ensure((await drawn()) < 60, `the document holds ${await drawn()} rows at the end`);
  await look('many');
}

export async function narrow(ada, look) {
  const { page } = ada;
  await page.keyboard.press('/');
  await page.keyboard.type('terminal 21');
  await page.getByText('13 secrets found').waitFor();
  await page.keyboard.press('ArrowDown');
  const held = await page.evaluate(() => document.activeElement?.textContent);
  ensure(held?.includes('Terminal'), `the list is reached from the search, not ${held}`);
  await page.keyboard.press('/');
  await page.keyboard.type('nothing of this kind');
  await page.getByText('Nothing matches').waitFor();
  await look('nothing');
  const here = new URL(page.url()).pathname;
  await page.getByRole('link', { name: 'Search all vaults' }).click();
  await ada.heading('All secrets').waitFor();
  ensure((await page.getByRole('searchbox').inputValue()) === 'nothing of this kind', 'the words go along');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('navigation', { name: 'Vaults' }).locator(`a[href="${here}"]`).click();
  await ada.heading('Operations').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('nothing of this kind');
  await ada.press('Show everything');
  await page.getByLabel('Type', { exact: true }).selectOption('PAYMENT_CARD');
  await page.getByText('1 secret found').waitFor();
  await page.getByLabel('Type', { exact: true }).selectOption('');
  await page.getByLabel('Favourites only').click();
  await page.getByText('1 secret found').waitFor();
  await page.getByLabel('Favourites only').click();
  await page.getByText(/^238 secrets/).first().waitFor();
}

export async function keys(ada, look) {
  const { page } = ada;
  await page.locator('a[data-record]').first().focus();
  const first = await page.evaluate(() => document.activeElement?.getAttribute('data-record'));
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const third = await page.evaluate(() => document.activeElement?.getAttribute('data-record'));
  ensure(third !== first && new URL(page.url()).searchParams.get('secret') === third, 'what one walks to is open');
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  ensure((await page.evaluate(() => document.activeElement?.getAttribute('data-record'))) === first, 'k goes back');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.classList.contains('title'));
  await page.keyboard.press('r');
  await page.locator('[data-revealed]').first().waitFor();
  await page.keyboard.press('r');
  await page.locator('[data-revealed]').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-record'));
  await page.keyboard.press('?');
  await ada.dialog('Keys').waitFor();
  await look('keys');
  await page.keyboard.press('Escape');
  await ada.dialog('Keys').waitFor({ state: 'hidden' });
}

export async function bulk(ada, look) {
  const { page } = ada;
  await page.keyboard.press('/');
  await page.keyboard.type('terminal 00');
  await page.getByText('12 secrets found').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  for (const key of ['j', 'j', 'j', 'Shift+X']) await page.keyboard.press(key);
  const bar = page.getByRole('group', { name: 'With what is selected' });
  await bar.getByText('4 selected').waitFor();
  await look('selected');
  await ada.press('Tag', bar);
  await ada.field('Tag', page.getByRole('dialog')).fill('night shift');
  await page.keyboard.press('Enter');
  await page.getByText('4 secrets tagged').waitFor();
  await page.keyboard.press('m');
  await ada.dialog(/^Move/).waitFor();
  await look('move');
  await ada.press('Move', ada.dialog(/^Move/));
  await page.getByText('4 secrets moved to Archive').waitFor();
  await page.getByText('8 secrets found').waitFor();
  await ada.press('Undo');
  await page.getByText('12 secrets found').waitFor();
  await page.locator('a[data-record]').first().focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Delete');
  await page.getByText('is in the trash').waitFor();
  await page.keyboard.press('z');
  await page.getByText('Undone').waitFor();
  await page.getByText('12 secrets found').waitFor();
}

export async function drag(ada) {
  const { page } = ada;
  const name = 'Terminal 003';
  await row(page, name).dragTo(page.getByRole('navigation', { name: 'Vaults' }).getByRole('link', { name: /^Archive/ }));
  await page.getByText(`${name} moved to Archive`).waitFor();
  await row(page, name).waitFor({ state: 'detached' });
  await page.getByRole('navigation', { name: 'Vaults' }).getByRole('link', { name: /^Archive/ }).click();
  await row(page, name).waitFor();
  await page.getByRole('navigation', { name: 'Vaults' }).getByRole('link', { name: /^Operations/ }).click();
  // Several at once: what is ticked goes along with what is dragged.
  await row(page, 'Terminal 010').waitFor();
  for (const each of ['Terminal 010', 'Terminal 011']) {
    // Waits until the list has come to rest, which nothing that is forced does.
    await row(page, each).hover();
    await page.getByLabel(`Select ${each}`, { exact: true }).check({ force: true });
  }
  await row(page, 'Terminal 011').dragTo(page.getByRole('navigation', { name: 'Vaults' }).getByRole('link', { name: /^Archive/ }));
  await page.getByText('2 secrets moved to Archive').waitFor();
  await row(page, 'Terminal 010').waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await page.getByText('Undone').waitFor();
  await row(page, 'Terminal 010').waitFor();
}

/** A press of the key, and it is back as it was; the same with many at once. */
export async function thrownAway(ada) {
  const { page } = ada;
  await page.keyboard.press('/');
  // 002, 020 to 029, 102 and 202.
  await page.getByRole('searchbox').fill('terminal 02');
  await page.getByText('13 secrets found').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  for (const key of ['j', 'j', 'Shift+X', 'Delete']) await page.keyboard.press(key);
  await page.getByText('3 secrets are in the trash').waitFor();
  await page.getByText('10 secrets found').waitFor();
  await ada.press('Undo');
  await page.getByText('13 secrets found').waitFor();
}
