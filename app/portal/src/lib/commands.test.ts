import { describe, expect, it } from 'vitest';
import { found, step, type Command } from './commands';

const command = (group: Command['group'], label: string, also?: string): Command => ({
  id: label,
  group,
  label,
  icon: 'vault',
  run: () => undefined,
  ...(also ? { also } : {}),
});
const ALL = [
  command('Pages', 'Audit trail', 'log history'),
  command('Pages', 'Members', 'people users'),
  command('Vaults', 'Opérations'),
  command('Vaults', 'Port authority'),
  command('Actions', 'New vault'),
  command('Actions', 'Invite somebody', 'member'),
];
const labels = (query: string) => found(ALL, query).map(({ label }) => label);

describe('the palette', () => {
  it('offers everything before anything is typed, in its order', () => {
    expect(labels('')).toEqual(ALL.map(({ label }) => label));
  });

  it('finds without accents and case, and by other words', () => {
    expect(labels('opera')).toEqual(['Opérations']);
    expect(labels('HISTORY')).toEqual(['Audit trail']);
    expect(labels('vault new')).toEqual(['New vault']);
    expect(labels('nothing')).toEqual([]);
  });

  it('puts what begins so first, and keeps groups together', () => {
    expect(labels('member')).toEqual(['Members', 'Invite somebody']);
    expect(labels('a')[0]).toBe('Audit trail');
    const groups = found(ALL, 'o').map(({ group }) => group);
    expect(groups).toEqual([...groups].sort((a, b) => groups.indexOf(a) - groups.indexOf(b)));
  });

  it('goes round', () => {
    expect(step(0, -1, 3)).toBe(2);
    expect(step(2, 1, 3)).toBe(0);
    expect(step(0, 1, 0)).toBe(0);
  });
});
