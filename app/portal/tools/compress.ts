import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';
import { filesBelow } from './files.ts';

/** What gains nothing from gzip. */
const PACKED_ALREADY = /\.(woff2|png|gz)$/;

/** Writes a `.gz` beside every file of the build, so that the server never compresses. */
export function compress(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'portal:compress',
    apply: 'build',
    enforce: 'post',
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle() {
      for (const file of filesBelow(config.build.outDir)) {
        if (PACKED_ALREADY.test(file)) continue;
        const plain = readFileSync(file);
        const packed = gzipSync(plain, { level: 9 });
        if (packed.length < plain.length) writeFileSync(`${file}.gz`, packed);
        else rmSync(`${file}.gz`, { force: true });
      }
    },
  };
}
