export interface Entry {
  organizationName: string;
  name: string;
  email: string;
  password: string;
  again: string;
}

/** The fields that say themselves what is wrong with them. */
export const FIELDS: readonly string[] = ['organizationName', 'name', 'email', 'password', 'again'];

const SHORTEST_PASSWORD = 12;

/** What is wrong before the server need be asked; the server has the last word. */
export function missing(entry: Entry): Record<string, string> {
  const fields: Record<string, string> = {};
  if (!entry.organizationName.trim()) fields['organizationName'] = 'Name your organisation.';
  if (!entry.name.trim()) fields['name'] = 'Enter your name.';
  if (!/^\S+@\S+$/.test(entry.email.trim())) fields['email'] = 'Enter an e-mail address.';
  if ([...entry.password].length < SHORTEST_PASSWORD) {
    fields['password'] = `Use at least ${SHORTEST_PASSWORD} characters.`;
  } else if (entry.password !== entry.again) {
    fields['again'] = 'The two passwords differ.';
  }
  return fields;
}
