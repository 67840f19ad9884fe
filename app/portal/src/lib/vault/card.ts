/** A card's number in groups, as it is printed on the card. */
export function grouped(number: string): string {
  const digits = number.replace(/\D/g, '');
  // American Express: 4, 6 and 5.
  if (/^3[47]/.test(digits)) return digits.replace(/^(\d{4})(\d{1,6})?(\d{1,5})?.*$/, (_, a, b, c) => [a, b, c].filter(Boolean).join(' '));
  return digits.replace(/(\d{4})(?=\d)/g, '$1 ');
}

/** `2029-04` as a card has it: `04/29`. */
export function shortMonth(month: string): string {
  const [, year, of] = /^\d{2}(\d{2})-(\d{2})$/.exec(month) ?? [];
  return year && of ? `${of}/${year}` : month;
}
