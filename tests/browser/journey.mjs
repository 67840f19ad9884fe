// A person's way through the portal:
//
//   node tests/browser/journey.mjs --base-url URL --phase first|again --setup-link LINK --out DIR
//
// `first` sets the server up, stores a secret, reveals it, leaves and comes back; `again`, after a
// restart, signs in and reveals the same secret. One JSON object on standard output; exit 0 only
// when every step succeeded, no request left the server, the browser complained of nothing and
// axe found nothing serious.
import { readArguments } from './lib/arguments.mjs';
import { openBrowser } from './lib/browser.mjs';
import * as phases from './lib/phases.mjs';
import { Portfolio } from './lib/portfolio.mjs';
import { report } from './lib/report.mjs';

async function open() {
  const given = readArguments(['base-url', 'phase', 'setup-link', 'out']);
  const phase = phases[given.phase];
  if (!phase) throw new Error(`--phase is first or again, not ${given.phase}`);
  const session = await openBrowser(given['base-url']);
  const out = `${given.out}/${given.phase}`;
  return { ...session, given, phase, out, portfolio: new Portfolio(session.page, out) };
}

await report(open, async (session, step, summary) => {
  summary.phase = session.given.phase;
  await session.phase(session, step, summary);
});
