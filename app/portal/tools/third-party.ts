import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** The packages whose code or glyphs end up in the build. */
const SHIPPED = [
  '@floating-ui/core',
  '@floating-ui/dom',
  '@floating-ui/utils',
  '@fontsource-variable/instrument-sans',
  '@fontsource-variable/jetbrains-mono',
  '@simplewebauthn/browser',
  '@zxcvbn-ts/core',
  '@zxcvbn-ts/dictionary-compression',
  '@zxcvbn-ts/language-common',
  '@zxcvbn-ts/language-en',
  'bits-ui',
  'clsx',
  'entities',
  'esm-env',
  'fastest-levenshtein',
  'linkify-it',
  'markdown-it',
  'mdurl',
  'openapi-fetch',
  'punycode.js',
  'qr',
  'runed',
  'style-to-object',
  'svelte',
  'svelte-toolbelt',
  'tabbable',
  'tailwindcss',
  'uc.micro',
];

const NAMES = ['LICENSE', 'LICENSE.md', 'LICENCE', 'license', 'LICENSE.txt', 'LICENSE-MIT.txt'];

function licence(name: string): string {
  const folder = join('node_modules', name);
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = NAMES.map((each) => join(folder, each)).find((path) => existsSync(path));
  const text = file ? readFileSync(file, 'utf8').trim() : `Licensed under ${about.license}.`;
  return `${name} ${about.version}\n${'='.repeat(72)}\n${text}\n`;
}

/** Puts the licences of what is shipped beside it, as they ask for. */
export function thirdParty(): Plugin {
  return {
    name: 'portal:third-party',
    apply: 'build',
    generateBundle() {
      const source = SHIPPED.map(licence).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'third-party.txt', source });
    },
  };
}
