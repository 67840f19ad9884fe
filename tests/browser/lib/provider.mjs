import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The certified provider of tests/oidc, for as long as this process lives; its issuer. */
export async function startProvider(redirectUri) {
  const fetched = await promisify(execFile)(join(ROOT, 'deploy/host/oidc-provider'));
  const program = [join(ROOT, 'tests/oidc/provider.mjs'), redirectUri, fetched.stdout.trim()];
  const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'ignore'] });
  // It ends when its standard input closes, which happens with this process, however that ends.
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  for (const held of [child, child.stdin, child.stdout]) held.unref();
  return JSON.parse(line).issuer;
}

/** From where its pages want a font. Ours could not: the policy of their content would say so. */
export const FONTS = 'https://fonts.googleapis.com';

/** Gives somebody's browser an empty font, from before they come to its pages. */
export function withoutFonts(context) {
  return context.route(`${FONTS}/**`, (route) => route.fulfill({ body: '' }));
}

/** What somebody does at its pages: says who they are, and agrees. */
export async function comeThrough(page, name) {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
