import { applyTheme, storedTheme, THEMES, type Theme } from '../lib/theme';
import type { MenuChoice } from '../ui/Menu.svelte';

const LABELS: Readonly<Record<Theme, string>> = { system: 'Like the system', light: 'Light', dark: 'Dark' };

/** Light or dark, as a part of a menu. */
class Appearance {
  #chosen = $state<Theme>(storedTheme());
  readonly entry: MenuChoice = $derived({
    heading: 'Appearance',
    value: this.#chosen,
    options: THEMES.map((value) => ({ value, label: LABELS[value], icon: value })),
    pick: (value) => this.choose(value as Theme),
  });

  choose(theme: Theme): void {
    this.#chosen = theme;
    applyTheme(theme);
  }
}

export const appearance = new Appearance();
