import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const GRAVE = new Set(['moderate', 'serious', 'critical']);

/** What axe holds against the page as it stands; grave findings and their places. */
export async function audit(page, name) {
  // Through the debugger, which the page's content security policy does not bind.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => {
    // What lies under a dialog or a menu is out of reach, and is looked at when it is not.
    const above = '[role=dialog], [role=menu]';
    return globalThis.axe.run(document.querySelector(above) ? { include: [[above]] } : document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
  });
  return violations.map(({ id, impact, nodes }) => ({
    page: name,
    id,
    impact,
    grave: GRAVE.has(impact),
    nodes: nodes.slice(0, 5).map(({ html, failureSummary }) => `${html.slice(0, 160)} :: ${failureSummary.slice(0, 240)}`),
  }));
}
