import keys from '../../../src/keys/trail.rs?raw';
import organizations from '../../../src/audit/model.rs?raw';
import platform from '../../../src/platform/model.rs?raw';
import pruning from '../../../src/audit/checkpoint/prune.rs?raw';

/** Words that stand in a file of their own, because more than the trail needs them. */
const NAMED = new Map([...`${keys}${pruning}`.matchAll(/const ([A-Z_]+): &str = "([^"]+)";/g)].map(([, name, word]) => [name, word]));

/** Every action that the app can write, by its own source: none is left out unseen. */
function actionsIn(source: string): string[] {
  const [, declared = ''] = /pub enum Action \{\n(.*?)\n\}/s.exec(source) ?? [];
  const variants = [...declared.matchAll(/^ {4}(\w+),$/gm)].map(([, variant]) => variant);
  const words = new Map(
    [...source.matchAll(/Self::(\w+) => (?:"([^"]+)"|([A-Z_]+)),/g)].map(([, variant, word, name]) => [variant, word ?? NAMED.get(name)]),
  );
  return variants.map((variant) => {
    const word = words.get(variant);
    if (!word) throw new Error(`the action ${variant} has no word that can be read`);
    return word;
  });
}

/** What the trails of organisations can hold. */
export const TENANT_ACTIONS = actionsIn(organizations);
/** What the platform's own trail can hold. */
export const PLATFORM_ACTIONS = actionsIn(platform);
