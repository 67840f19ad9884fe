// Writes the types of the API's client from the app's own description of it, and which parts of the
// portal it carries; with --check it only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { built } from './parts.mjs';

const SOURCE = new URL('../../openapi.json', import.meta.url);
const TARGET = new URL('../src/lib/api/', import.meta.url);
const HEAD = '// Written by `npm run api` from app/openapi.json.\n\n';

const document = JSON.parse(readFileSync(SOURCE, 'utf8'));
const files = {
  'schema.d.ts': astToString(await openapiTS(document, { defaultNonNullable: false, emptyObjectsUnknown: true })),
  'built.ts': built(document),
};
for (const [name, text] of Object.entries(files)) {
  const file = new URL(name, TARGET);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, HEAD + text);
  } else if (readFileSync(file, 'utf8') !== HEAD + text) {
    console.error(`src/lib/api/${name} is not what app/openapi.json describes: npm run api`);
    process.exitCode = 1;
  }
}
