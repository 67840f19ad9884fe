// What a browser fetches before the first page is usable, by the built pages' own links.
import { readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 40_000;
let failed = false;

for (const page of ['index.html', 'admin.html']) {
  const html = readFileSync(`dist/${page}`, 'utf8');
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file);
  const size = (kind) =>
    files
      .filter((file) => file.endsWith(kind))
      .reduce((sum, file) => sum + gzipSync(readFileSync(`dist${file}`), { level: 9 }).length, 0);
  const [js, css] = [size('.js'), size('.css')];
  console.log(`${page}: ${(js / 1000).toFixed(1)} kB of JavaScript, ${(css / 1000).toFixed(1)} kB of CSS, gzip`);
  failed ||= js > LIMIT || statSync(`dist/${page}`).size === 0;
}
if (failed) console.error(`more than ${LIMIT / 1000} kB of JavaScript on the first load`);
process.exitCode = failed ? 1 : 0;
