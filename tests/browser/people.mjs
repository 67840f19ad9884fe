// The pages about people, on a server without an organisation:
//
//   node tests/browser/people.mjs --base-url URL --setup-link LINK --out DIR
//
// Reports like journey.mjs.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  session.page.setDefaultTimeout(20_000);
  const out = `${given.out}/people`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out) };
}

const PAGES = ['/members', '/teams', '/tokens', '/organization', '/account'];

await report(open, async ({ page, seen, portfolio, given }, step) => {
  // Before anybody is signed in, asking who is answers 401.
  seen.expected.push('401 /api/v1/me');
  await step('set up', () => steps.setUp(page, given['setup-link']));
  for (const path of PAGES) {
    await step(path, async () => {
      await page.goto(given['base-url'] + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await portfolio.look(path.slice(1));
    });
  }
});
