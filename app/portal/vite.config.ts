/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwind from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { compress } from './tools/compress.ts';
import { thirdParty } from './tools/third-party.ts';

/** Browsers that know `light-dark()`, which the tokens are written with. */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

/** Where `npm run dev` sends calls of the API. */
const API = process.env['VAULTTERM_URL'] ?? 'http://localhost:4000';
const ADMIN_API = process.env['VAULTTERM_ADMIN_URL'] ?? 'http://localhost:4100';

/** What a page stands on before it is known which: all that is small and in both portals. */
const BEGINNING = /\/src\/(?:ui|lib|state)\//;

export default defineConfig({
  plugins: [tailwind(), svelte(), thirdParty(), compress()],
  // The policy allows no inline script, style or font, so nothing may be inlined.
  build: {
    target: BROWSERS,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: 'index.html', admin: 'admin.html' },
      // What both portals begin with is one file: many small ones compress worse.
      output: { codeSplitting: { groups: [{ name: 'ground', tags: ['$initial'], minShareCount: 2, test: BEGINNING }] } },
    },
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  // Tests read which actions the app records.
  server: { proxy: { '/api': API, '/admin/api': ADMIN_API }, fs: { allow: ['.', '../src/audit', '../src/platform', '../src/keys'] } },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'] },
});
