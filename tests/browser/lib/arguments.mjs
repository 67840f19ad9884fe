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
  for (const name of names) if (!found[name]) throw new Error(`--${name} is missing`);
  return found;
}
