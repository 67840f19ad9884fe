/** Recovery codes as a text to keep: whose they are, where they work, since when. */
export function asSheet(codes: readonly string[], email: string, host: string, now: Date): string {
  return [
    `VaultTerm recovery codes`,
    `${email} at ${host}`,
    `made on ${now.toLocaleDateString('en-CA')}`,
    '',
    ...codes,
    '',
    'Each code works once. Whoever has one and your password can sign in as you.',
    '',
  ].join('\n');
}
