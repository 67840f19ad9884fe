// What one does with a hundred thousand secrets, and how long it takes: the steps of large.mjs.
import { ensure } from './steps.mjs';

/** The rows of one import: a build for debugging, on a busy machine, is not to run out of its time. */
const FILE = 500;
/** The rows of one vault. */
const VAULT = 5_000;
const WHAT = ['Router', 'Database', 'Camera', 'Crane', 'Relay', 'Printer', 'Archive', 'Gateway', 'Customs', 'Ledger'];
const WHERE = ['Hamburg', 'Rotterdam', 'Göteborg', 'Antwerp', 'Gdańsk', 'Porto', 'Tallinn', 'Dover'];

const line = (at) => `${WHAT[at % 10]} ${WHERE[at % 8]} ${at},https://h${at}.example.com/,ops${at % 97},p-${at}-x`;

/** By the route that people import through, into vaults of five thousand each; the seconds that it took. */
export async function fill(page, base, rows) {
  const begun = Date.now();
  const headers = { origin: new URL(base).origin };
  const post = async (path, data) => {
    const send = () => page.request.post(`${base}/api/v1${path}`, { headers, data, timeout: 600_000 });
    let answer = await send();
    // A service that was too busy is asked again: all or nothing of a file is stored.
    for (let again = 0; answer.status() === 503 && again < 3; again += 1) answer = await send();
    ensure(answer.ok(), `${path} answers ${answer.status()}`);
    return answer.json();
  };
  let vault;
  for (let from = 0; from < rows; from += FILE) {
    if (from % VAULT === 0) vault = await post('/vaults', { name: `Terminal ${from / VAULT + 1}`, description: '' });
    const lines = Array.from({ length: Math.min(FILE, rows - from) }, (_, at) => line(from + at));
    const file = Buffer.from(['name,url,username,password', ...lines, ''].join('\n')).toString('base64');
    await post(`/vaults/${vault.id}/secrets/import`, { format: 'browser-csv', file });
  }
  return (Date.now() - begun) / 1000;
}

export async function arrive({ page }, base) {
  await page.goto(`${base}/secrets`);
  await page.locator('a[data-record]').first().waitFor({ timeout: 60_000 });
  ensure((await page.locator('a[data-record]').count()) < 60, 'the document holds the rows in sight');
  await page.evaluate(() => {
    /** Until something holds and was painted; how long that took. */
    globalThis.painted = async (begin, holds) => {
      const begun = performance.now();
      begin();
      while (!holds()) {
        if (performance.now() - begun > 20_000) throw new Error('nothing came of it in 20 seconds');
        await new Promise((go) => requestAnimationFrame(go));
      }
      await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
      return performance.now() - begun;
    };
    /** The tasks that kept the page from answering, while something is done. */
    globalThis.watched = async (work) => {
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
      observer.observe({ type: 'longtask' });
      const result = await work();
      await new Promise((go) => setTimeout(go, 100));
      observer.disconnect();
      return { ...result, longTasks: tasks.length, longest: Math.round(Math.max(0, ...tasks)) };
    };
  });
}

function told(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
  return { times: sorted.length, median: at(0.5), p95: at(0.95), most: at(1) };
}

/** From a press on a row to its page beside the list. */
export async function press(page) {
  const times = await page.evaluate(async () => {
    const taken = [];
    for (let at = 0; at < 30; at += 1) {
      const rows = [...document.querySelectorAll('a[data-record]')];
      const row = rows[(at * 7) % rows.length];
      const name = row.querySelector('.name').textContent;
      taken.push(await globalThis.painted(() => row.click(), () => document.querySelector('article')?.getAttribute('aria-label') === name));
      await new Promise((go) => setTimeout(go, 60));
    }
    return taken;
  });
  return told(times);
}

/** From a key in the search to the answer of the server in the list. */
export async function type(page) {
  const queries = ['crane', 'göteborg 77', 'ops12', 'ledger dover 31', 'h1711', 'customs tallinn 9', 'gateway', 'relay tallinn 2'];
  const times = [];
  for (const query of queries) {
    await page.getByRole('searchbox').fill('');
    await page.waitForFunction(() => !document.querySelector('.rows[aria-busy=true]') && !document.querySelector('p.count')?.textContent.includes('found'));
    times.push(
      await page.evaluate((text) => {
        const answered = () => {
          const count = document.querySelector('p.count')?.textContent ?? '';
          return document.querySelector('.rows')?.getAttribute('aria-busy') === 'false' && count.includes('found') && !count.startsWith('0 ');
        };
        return globalThis.painted(() => document.execCommand('insertText', false, text), answered);
      }, query),
    );
    const first = await page.locator('a[data-record]').first().textContent();
    const word = query.split(' ')[0];
    ensure(first.toLowerCase().includes(word), `${query} is found, not ${first}`);
  }
  await page.getByRole('searchbox').fill('');
  await page.waitForFunction(() => !document.querySelector('p.count')?.textContent.includes('found'));
  return told(times);
}

/** Through the list with j, each press answered by the next record beside it. */
export async function hold(page) {
  await page.locator('a[data-record]').first().focus();
  const times = await page.evaluate(async () => {
    const taken = [];
    for (let at = 0; at < 60; at += 1) {
      const before = document.querySelector('article')?.getAttribute('aria-label');
      const event = new KeyboardEvent('keydown', { key: 'j', code: 'KeyJ', bubbles: true, cancelable: true });
      const step = () => document.activeElement.dispatchEvent(event);
      taken.push(await globalThis.painted(step, () => document.querySelector('article')?.getAttribute('aria-label') !== before));
    }
    return taken;
  });
  return told(times);
}

/** As fast as it is loaded to the last row, and then through all of them at a run. */
export async function scroll(page, rows) {
  const loading = await page.evaluate(
    (most) =>
      globalThis.watched(async () => {
        const scroller = document.querySelector('.scroller');
        const begun = performance.now();
        const held = () => Math.round(document.querySelector('.scroller ul').clientHeight / 60);
        while (held() < most && performance.now() - begun < 300_000) {
          scroller.scrollTop = scroller.scrollHeight;
          await new Promise((go) => requestAnimationFrame(go));
        }
        return { held: held(), sec: Math.round((performance.now() - begun) / 1000) };
      }),
    rows,
  );
  const running = await page.evaluate(() =>
    globalThis.watched(async () => {
      const scroller = document.querySelector('.scroller');
      const frames = [];
      let last = performance.now();
      for (let at = 0; at < 400; at += 1) {
        // Four screens a frame, and now and then a leap to somewhere else.
        scroller.scrollTop = at % 50 === 0 ? (scroller.scrollHeight * (at * 37 % 400)) / 400 : scroller.scrollTop + 3000;
        await new Promise((go) => requestAnimationFrame(go));
        frames.push(performance.now() - last);
        last = performance.now();
      }
      frames.sort((a, b) => a - b);
      return { frames: frames.length, medianFrame: Math.round(frames[200]), p99Frame: Math.round(frames[395]), drawn: document.querySelectorAll('a[data-record]').length };
    }),
  );
  ensure(running.drawn < 60, `the document holds ${running.drawn} rows`);
  ensure(loading.held === rows, `${loading.held} rows of ${rows} were loaded`);
  return { loading, running };
}
