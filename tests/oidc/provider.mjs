// A real, certified OpenID provider (npm `oidc-provider`) on loopback, for the tests in
// `app/src/sso/tests/real.rs`. Prints its issuer as one line of JSON and serves until its standard
// input closes, so that it ends with whoever started it.
//
//     node provider.mjs REDIRECT_URI FOLDER
//
// FOLDER is what `deploy/host/oidc-provider` prints.
//
// Anybody may sign in under any name: `NAME` becomes the subject, `NAME@example.com` the address, which
// is verified unless the name begins with `unverified`; the groups are the words behind a `+`.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [redirectUri, folder] = process.argv.slice(2);
const entry = join(folder, 'node_modules/oidc-provider/lib/index.js');
const { default: Provider } = await import(pathToFileURL(entry).href);
const key = (kind, options, kid, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
});
const client = (alg, method) => ({
  client_id: `vaultterm-${alg}`,
  client_secret: 'a secret of the real provider',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  id_token_signed_response_alg: alg,
  token_endpoint_auth_method: method,
});

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'rsa', 'RS256'),
      key('rsa', { modulusLength: 2048 }, 'pss', 'PS256'),
      key('ec', { namedCurve: 'P-256' }, 'ec', 'ES256'),
      key('ed25519', {}, 'ed', 'EdDSA'),
    ],
  },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  clients: [
    client('RS256', 'client_secret_basic'),
    client('PS256', 'client_secret_basic'),
    client('ES256', 'client_secret_basic'),
    client('EdDSA', 'client_secret_basic'),
  ],
  pkce: { required: () => true },
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
    groups: ['groups'],
  },
  cookies: { keys: ['of the tests'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => {
      const [name, ...groups] = sub.split('+');
      return {
        sub,
        name: `Somebody called ${name}`,
        email: `${name}@example.com`,
        email_verified: !name.startsWith('unverified'),
        groups,
      };
    },
  }),
});
server.on('request', provider.callback());
process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
