/** As the server has it; the server has the last word. */
const SHORTEST_PASSWORD = 12;

export interface NewPassword {
  password: string;
  again: string;
}

/** What is wrong with a new password before the server need be asked. */
export function missingPassword({ password, again }: NewPassword): Record<string, string> {
  if ([...password].length < SHORTEST_PASSWORD) {
    return { password: `Use at least ${SHORTEST_PASSWORD} characters.` };
  }
  return password === again ? {} : { again: 'The two passwords differ.' };
}

/** Whether it looks like an address. */
export function isEmail(text: string): boolean {
  return /^\S+@\S+$/.test(text.trim());
}

/** A code as people copy it: with spaces or a hyphen in its middle. */
export function digits(code: string): string {
  return code.normalize('NFKC').replace(/[^0-9]/g, '');
}
