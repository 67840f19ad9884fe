import type { VaultHealth } from '../api/client';

const WORDS = ['Guessed at once', 'Very easy to guess', 'Could be better', 'Good', 'Very good'] as const;

/** How soon something is guessed, in words. */
export function strengthWord(strength: number | null | undefined): string {
  return WORDS[strength ?? -1] ?? 'Unknown';
}

/** What is said when there is nothing to complain of. */
export function verdict({ weakCount, reusedCount, oldCount, unreadableCount, checked }: VaultHealth): string | null {
  if (weakCount + reusedCount + oldCount + unreadableCount > 0) return null;
  return checked === 1 ? 'The one secret is strong, used once and young enough.' : `All ${checked} are strong, used once and young enough.`;
}
