import { OPEN_SEC } from './reveal.svelte';

/** Where the values of a form stand. */
interface Places {
  /** What stands there now. */
  readonly read: (name: string) => string | null | undefined;
  /** Seals it: what is stored stays as it is. */
  readonly seal: (name: string) => void;
}

/**
 * Values that a reveal laid into a form. They are sealed again after a while and when the page is hidden;
 * what was changed meanwhile is the person's own and stays.
 */
export class Unsealed {
  /** By field, so that it is known what was changed. */
  readonly values: Record<string, string> = $state({});
  #timers: Record<string, ReturnType<typeof setTimeout>> = {};

  constructor(private readonly places: Places) {}

  put(name: string, value: string): void {
    if (this.#names().length === 0) document.addEventListener('visibilitychange', this.#onHidden);
    clearTimeout(this.#timers[name]);
    this.values[name] = value;
    this.#timers[name] = setTimeout(() => this.#close(name), OPEN_SEC * 1000);
  }

  /** The form goes. */
  end(): void {
    for (const name of this.#names()) clearTimeout(this.#timers[name]);
    this.#timers = {};
    document.removeEventListener('visibilitychange', this.#onHidden);
  }

  #names(): string[] {
    return Object.keys(this.#timers);
  }

  #close(name: string): void {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
    if (this.#names().length === 0) document.removeEventListener('visibilitychange', this.#onHidden);
    if (this.places.read(name) !== this.values[name]) return;
    this.places.seal(name);
    delete this.values[name];
  }

  #onHidden = () => {
    if (document.visibilityState !== 'hidden') return;
    for (const name of this.#names()) this.#close(name);
  };
}
