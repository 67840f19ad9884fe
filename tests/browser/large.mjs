// An organisation as large as they come: what it takes until a press is answered, and whether scrolling stutters.
//
//   tests/bin/portal node tests/browser/large.mjs --out DIR
//
// Needs a server without an organisation and without mail. Reports like journey.mjs, with figures in
// milliseconds, which `make bench` compares with their goals. VAULTTERM_ROWS makes it smaller.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import { Hands } from './lib/hands.mjs';
import * as large from './lib/large.mjs';
import { BRISK, Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';
import * as steps from './lib/steps.mjs';

async function open() {
  const given = readArguments(['base-url', 'setup-link', 'out']);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/large`;
  return { ...session, given, out, portfolio: new Portfolio(session.page, out, BRISK) };
}

const ROWS = Number(process.env.VAULTTERM_ROWS ?? 100_000);

await report(open, async ({ page, seen, portfolio, given }, step, summary) => {
  const base = given['base-url'];
  const ada = new Hands(page);
  const figures = (summary.figures = { rows: ROWS });
  seen.expected.push('401 /api/v1/me');

  await step('set up', () => steps.setUp(page, given['setup-link']));
  figures.importSec = await step('filled by imports', () => large.fill(page, base, ROWS));
  await step('opened', () => large.arrive(ada, base));
  figures.detail = await step('a press on a row is answered', () => large.press(page));
  figures.search = await step('what is typed is found', () => large.type(page));
  figures.keys = await step('held keys keep up', () => large.hold(page));
  figures.scroll = await step('scrolled to the end', () => large.scroll(page, ROWS));
  await step('and looked at', () => portfolio.look('end'));
});
