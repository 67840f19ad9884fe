import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from './axe.mjs';
import { WIDTHS } from './browser.mjs';

/** Narrower screens are not asked for. */
const NARROWEST = { width: 360, height: 740 };

/** Every width in every light; or each once, which is enough where every page is made of the same parts. */
export const THOROUGH = ['desktop light', 'phone light', 'desktop dark', 'phone dark'];
export const BRISK = ['desktop light', 'phone dark'];

/** Looks at a page in light and dark: a picture of each width, and axe's findings. */
export class Portfolio {
  pictures = [];
  findings = [];

  constructor(page, folder, looks = THOROUGH) {
    this.page = page;
    this.folder = folder;
    this.looks = looks;
    mkdirSync(folder, { recursive: true });
  }

  async look(name, page = this.page) {
    for (const each of this.looks) {
      const [device, colorScheme] = each.split(' ');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(WIDTHS[device]);
      await this.#noSidewaysScroll(page, `${name} ${device}`);
      const file = join(this.folder, `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: file, animations: 'disabled' });
      this.pictures.push(file);
      const back = await this.#toTheTop(page);
      this.findings.push(...(await audit(page, `${name} ${each}`)));
      await back();
    }
    await page.setViewportSize(NARROWEST);
    await this.#noSidewaysScroll(page, `${name} narrowest`);
    await page.setViewportSize(WIDTHS.desktop);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }

  /** What is scrolled below the bar at the top would be called too small to be pressed. Returns the way back. */
  async #toTheTop(page) {
    const scroll = (to) =>
      page.evaluate((tops) => {
        const scrollers = [document.scrollingElement, document.querySelector('main')];
        return scrollers.map((each, at) => {
          const top = each?.scrollTop ?? 0;
          if (each) each.scrollTop = tops?.[at] ?? 0;
          return top;
        });
      }, to);
    const before = await scroll(null);
    return () => scroll(before);
  }

  async #noSidewaysScroll(page, where) {
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) this.findings.push({ page: where, id: 'sideways-scroll', impact: 'serious', grave: true, nodes: [`${wide} px`] });
  }
}
