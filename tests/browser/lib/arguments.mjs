/** Where an argument comes from when it is not given: what tests/bin/portal sets. */
const FROM = {
  'base-url': 'VAULTTERM_URL',
  'admin-url': 'VAULTTERM_ADMIN_URL',
  'setup-link': 'VAULTTERM_SETUP_LINK',
  'admin-link': 'VAULTTERM_ADMIN_LINK',
  'mail-port': 'VAULTTERM_MAIL_PORT',
};

/** `--name value` pairs; an unknown or missing one ends the run. */
export function readArguments(names, given = process.argv.slice(2)) {
  const found = {};
  for (let at = 0; at < given.length; at += 2) {
    const name = given[at]?.replace(/^--/, '');
    if (!names.includes(name) || given[at + 1] === undefined) {
      throw new Error(`unknown argument ${given[at]}; there are: --${names.join(', --')}`);
    }
    found[name] = given[at + 1];
  }
  for (const name of names) {
    found[name] ??= process.env[FROM[name]];
    if (!found[name]) throw new Error(`--${name} is missing`);
  }
  return found;
}
