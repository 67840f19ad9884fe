import { ensure } from './steps.mjs';

/** What a person does on a page, in the words that stand on it. */
export class Hands {
  constructor(page) {
    this.page = page;
  }

  heading = (name) => this.page.getByRole('heading', { level: 1, name, exact: true });
  button = (name, within = this.page) => within.getByRole('button', { name, exact: true });
  field = (name, within = this.page) => within.getByLabel(name, { exact: true });
  dialog = (name) => this.page.getByRole('dialog', { name });
  row = (list, name) =>
    this.page.getByRole('list', { name: list, exact: true }).getByRole('listitem').filter({ hasText: name });

  async go(url, title) {
    await this.page.goto(url);
    if (title) await this.heading(title).waitFor();
  }

  async press(name, within) {
    await this.button(name, within).click();
  }

  async fill(fields, within) {
    for (const [name, value] of Object.entries(fields)) await this.field(name, within).fill(value);
  }

  /** One entry of the menu behind a button. */
  async choose(menu, entry) {
    await this.button(menu).click();
    await this.page.getByRole('menuitem', { name: entry, exact: true }).click();
  }

  async toast(words) {
    await this.page.getByText(words).first().waitFor();
  }

  /** The value that a dialog shows this once; nowhere else on the page, and not in the address. */
  async shown(label, within = this.page) {
    const field = this.field(label, within);
    await field.waitFor();
    const value = await field.inputValue();
    ensure(value.length > 20, `${label} is shown`);
    return value;
  }

  /** Only with keys: which of the page's parts has the focus. */
  focused = () =>
    this.page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('name') ?? element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });

  async tabTo(name, most = 40) {
    const seen = [];
    for (let presses = 0; presses < most; presses += 1) {
      await this.page.keyboard.press('Tab');
      const held = await this.focused();
      if (held === name) return;
      seen.push(held);
    }
    throw new Error(`the keyboard does not reach ${name}: ${seen.join(' → ')}`);
  }

  /** Meets a demand for a fresh proof with the password, by the keyboard alone: the dialog has the focus. */
  async proveByPassword(password) {
    const dialog = this.dialog('Confirm that it is you');
    await dialog.waitFor();
    await this.field('Password', dialog).waitFor();
    await this.page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'password');
    await this.page.keyboard.type(password);
    await this.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
  }

  /** By a passkey, which is offered first. */
  async proveByPasskey() {
    const dialog = this.dialog('Confirm that it is you');
    await this.press('Use passkey', dialog);
    await dialog.waitFor({ state: 'hidden' });
  }

  /** By six digits. */
  async proveByCode(code) {
    const dialog = this.dialog('Confirm that it is you');
    await dialog.waitFor();
    await this.field('Code', dialog).fill(code);
    await this.press('Confirm', dialog);
    await dialog.waitFor({ state: 'hidden' });
  }

  async signIn(email, password) {
    await this.heading('Sign in').waitFor();
    await this.fill({ 'E-mail address': email, Password: password });
    await this.press('Sign in');
  }

  async signOut() {
    await this.page.getByRole('button', { name: /^Account of/ }).click();
    await this.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await this.heading('Sign in').waitFor();
  }
}
