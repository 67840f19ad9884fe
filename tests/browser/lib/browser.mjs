import { chromium } from 'playwright-core';

/** Debian's browser, unless another is named. */
const EXECUTABLE = process.env.VAULTTERM_CHROMIUM ?? '/usr/bin/chromium';

export const WIDTHS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** A browser whose every request and complaint is written down. It opens with one person in it. */
export async function openBrowser(baseUrl, more = []) {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
  const seen = { requests: 0, foreign: [], complaints: [], expected: [] };
  const own = [baseUrl, ...more].map((url) => new URL(url).origin);
  /** Somebody else at a browser of their own: no cookie is shared. */
  const person = () => openContext(browser, own, seen);
  return { browser, seen, person, ...(await person()) };
}

async function openContext(browser, own, seen) {
  const context = await browser.newContext({
    viewport: WIDTHS.desktop,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    colorScheme: 'light',
  });
  for (const origin of own) await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await watchPolicy(context, seen);
  context.on('request', (request) => note(request.url(), own, seen));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(message, seen);
  });
  page.on('pageerror', (error) => seen.complaints.push(`uncaught: ${error.message}`));
  page.on('websocket', (socket) => note(socket.url(), own, seen));
  return { context, page };
}

/** Violations of the content security policy, as the page itself is told of them. */
async function watchPolicy(context, seen) {
  await context.exposeBinding('__violation', (_, text) => seen.complaints.push(`policy: ${text}`));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      globalThis.__violation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`);
    });
  });
}

function note(url, own, seen) {
  seen.requests += 1;
  const { protocol, origin } = new URL(url);
  if (protocol !== 'data:' && protocol !== 'blob:' && !own.includes(origin.replace(/^ws/, 'http'))) {
    seen.foreign.push(url);
  }
}

/** The browser reports every answer from 400 up; some of them a step asks for. */
function complain(message, seen) {
  const text = message.text();
  const status = /status of (\d{3})/.exec(text)?.[1];
  if (status && isExpected(`${status} ${new URL(message.location().url).pathname}`, seen)) return;
  // The laboratory's containers have just got their interfaces, and the browser asks again. What stays
  // away is missed by the steps.
  if (text.includes('net::ERR_NETWORK_CHANGED')) return;
  seen.complaints.push(`console: ${text} ${message.location().url ?? ''}`.trim());
}

/** Whether a step asks for this answer. A `*` in what it expects stands for one part of a path. */
function isExpected(answer, { expected }) {
  const parts = answer.split('/');
  return expected.some((each) => {
    const wanted = each.split('/');
    return wanted.length === parts.length && wanted.every((part, at) => part === '*' || part === parts[at]);
  });
}
