// Writes the types of the API's client from the app's own description of it;
// with --check it only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const SOURCE = new URL('../../openapi.json', import.meta.url);
const TARGET = new URL('../src/lib/api/schema.d.ts', import.meta.url);
const HEAD = '// Written by `npm run api` from app/openapi.json.\n\n';

const document = JSON.parse(readFileSync(SOURCE, 'utf8'));
const text = HEAD + astToString(await openapiTS(document, { defaultNonNullable: false }));
if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text);
} else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('src/lib/api/schema.d.ts is not what app/openapi.json describes: npm run api');
  process.exit(1);
}
