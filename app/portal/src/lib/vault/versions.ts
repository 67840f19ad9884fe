import type { SecretTypeInfo, SecretVersion } from '../api/client';
import { labelOf } from './types';

/** One difference between a version and the one before. */
export interface Difference {
  readonly label: string;
  /** Both texts, where the field is open. */
  readonly texts: { readonly before: string; readonly after: string } | null;
}

const WORDS: Readonly<Record<string, string>> = {
  name: 'Name',
  tags: 'Tags',
  customFields: 'Order of the fields',
  highSensitivity: 'High sensitivity',
  injectOnly: 'Inject only',
};

/** In what a version differs from the one before; what is sealed is named and not shown. */
export function differences(version: SecretVersion, before: SecretVersion | undefined, info: SecretTypeInfo | undefined): Difference[] {
  return version.changed.map((name) => ({
    label: labelIn(version, before, info, name),
    texts: before ? textsOf(version, before, name) : null,
  }));
}

function labelIn(version: SecretVersion, before: SecretVersion | undefined, info: SecretTypeInfo | undefined, name: string): string {
  if (!name.startsWith('custom:')) return WORDS[name] ?? labelOf(info, name);
  const id = name.slice('custom:'.length);
  const field = [...version.customFields, ...(before?.customFields ?? [])].find((each) => each.id === id);
  return field?.label ?? 'A field';
}

function textsOf(version: SecretVersion, before: SecretVersion, name: string): Difference['texts'] {
  const pair = (of: (each: SecretVersion) => string | null | undefined) => {
    const [was, is] = [of(before), of(version)];
    return was === undefined && is === undefined ? null : { before: was ?? '', after: is ?? '' };
  };
  if (name === 'name') return pair((each) => each.name);
  if (name === 'tags') return pair((each) => each.tags.join(', '));
  if (name === 'highSensitivity') return pair((each) => (each.highSensitivity ? 'Yes' : 'No'));
  if (!name.startsWith('custom:')) return pair((each) => each.fields[name]);
  const id = name.slice('custom:'.length);
  const custom = (each: SecretVersion) => each.customFields.find((field) => field.id === id);
  if (custom(version)?.kind === 'hidden' || custom(before)?.kind === 'hidden') return null;
  return pair((each) => custom(each)?.value);
}
