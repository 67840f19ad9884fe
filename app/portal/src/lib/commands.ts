import type { IconName } from '../ui/icons';

/** One thing that the palette offers. */
export interface Command {
  readonly id: string;
  readonly group: 'Pages' | 'Vaults' | 'Actions' | 'Organisations';
  readonly label: string;
  /** Other words that people look for it by. */
  readonly also?: string;
  readonly icon: IconName;
  readonly run: () => void;
}

const MOST = 40;

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** How well a word of the query fits: a start of the label, of a word of it, anywhere; not at all. */
function fit(command: Command, word: string): number {
  const label = fold(command.label);
  if (label.startsWith(word)) return 3;
  if (label.split(/[\s\-/·]+/).some((part) => part.startsWith(word))) return 2;
  return label.includes(word) || fold(command.also ?? '').includes(word) ? 1 : 0;
}

/** The commands that hold every word of a query, the best first; groups stay together. */
export function found(commands: readonly Command[], query: string): Command[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const rated = commands
    .map((command, at) => ({ command, at, rates: words.map((word) => fit(command, word)) }))
    .filter(({ rates }) => rates.every((rate) => rate > 0))
    .map(({ command, at, rates }) => ({ command, at, rate: rates.reduce((sum, rate) => sum + rate, 0) }));
  const best = new Map<string, number>();
  for (const { command, rate } of rated) best.set(command.group, Math.max(best.get(command.group) ?? 0, rate));
  const order = [...new Set(commands.map(({ group }) => group))];
  return rated
    .sort(
      (a, b) =>
        (best.get(b.command.group) ?? 0) - (best.get(a.command.group) ?? 0) ||
        order.indexOf(a.command.group) - order.indexOf(b.command.group) ||
        b.rate - a.rate ||
        a.at - b.at,
    )
    .map(({ command }) => command)
    .slice(0, MOST);
}

/** The next place in a list that goes round. */
export function step(at: number, by: number, length: number): number {
  return length === 0 ? 0 : (at + by + length) % length;
}
