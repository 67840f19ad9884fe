import { OWNER } from './cast.mjs';
import { ensure, openSecret } from './steps.mjs';

/** Answers in the server's place, as it would in trouble. */
const problem = (status, code, title, detail, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: `urn:vaultterm:problem:${code}`, title, status, detail, code, requestId: 'trouble' }),
});

/** A 503 with a wait, after which the page tries again by itself; then no answer at all. */
export async function away(page, seen, portfolio, given) {
  const here = `${given['base-url']}/vaults`;
  let answers = 0;
  seen.expected.push('503 /api/v1/me');
  await page.route('**/api/v1/me', (route) => {
    answers += 1;
    const text = 'A service that this needs does not answer. Try again in a moment.';
    return route.fulfill(problem(503, 'unavailable', 'Temporarily unavailable', text, { 'retry-after': '60' }));
  });
  await page.goto(here);
  await page.getByText('Temporarily unavailable').waitFor();
  await portfolio.look('away');
  await page.unroute('**/api/v1/me');
  await page.route('**/api/v1/me', (route) => {
    answers += 1;
    if (answers > 2) return route.continue();
    return route.fulfill(problem(503, 'unavailable', 'Temporarily unavailable', '', { 'retry-after': '1' }));
  });
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Vaults' }).waitFor();
  ensure(answers === 3, `the page tries again by itself after the wait; it asked ${answers} times`);
  await page.unroute('**/api/v1/me');
}

/** The banner of a build that trusts development keys, whatever this one trusts. */
export async function developmentKeys(page, portfolio, given) {
  await page.route('**/api/v1/meta', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), keys: 'development' } });
  });
  await page.goto(`${given['base-url']}/vaults`);
  await page.getByText('Development keys').waitFor();
  await portfolio.look('development');
  await page.unroute('**/api/v1/meta');
  await page.goto(`${given['base-url']}/vaults`);
  await page.getByRole('heading', { level: 1, name: 'Vaults' }).waitFor();
}

/** A 429 names the wait. */
export async function tooMany(page, seen, portfolio) {
  seen.expected.push('429 /api/v1/auth/sign-in');
  await page.route('**/api/v1/auth/sign-in', (route) =>
    route.fulfill(problem(429, 'rate-limited', 'Too many attempts', 'Wait before you try again.', { 'retry-after': '42' })),
  );
  await page.getByLabel('E-mail address').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill('whatever it was');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('You can try again in 42 seconds.').waitFor();
  await portfolio.look('too-many');
  await page.unroute('**/api/v1/auth/sign-in');
  await page.reload();
}

/** A change made from an old version is refused; the newer one can be loaded. */
export async function conflict(page, seen, given) {
  const name = 'Border router';
  const open = await openSecret(page, name);
  await open.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit password' });
  await dialog.getByLabel(/^User name/).fill('mine');
  const address = new URL(page.url());
  const path = `/api/v1${address.pathname}/secrets/${address.searchParams.get('secret')}`;
  const theirs = await page.request.patch(given['base-url'] + path, {
    headers: { origin: new URL(given['base-url']).origin, 'if-match': '"1"' },
    data: { fields: { username: 'netops' } },
  });
  ensure(theirs.ok(), `the other change is made: ${theirs.status()}`);
  seen.expected.push(`412 ${path}`);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await dialog.getByRole('button', { name: 'Drop my change and load theirs' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await open.getByText('netops', { exact: true }).waitFor();
}
