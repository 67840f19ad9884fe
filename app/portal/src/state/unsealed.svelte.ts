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
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly places: Places) {}

  put(name: string, value: string): void {
    if (this.#timers.size === 0) document.addEventListener('visibilitychange', this.#onHidden);
    clearTimeout(this.#timers.get(name));
    this.values[name] = value;
    this.#timers.set(name, setTimeout(() => this.#close(name), OPEN_SEC * 1000));
  }

  /** The form goes. */
  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    document.removeEventListener('visibilitychange', this.#onHidden);
  }

  #close(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (this.#timers.size === 0) document.removeEventListener('visibilitychange', this.#onHidden);
    if (this.places.read(name) !== this.values[name]) return;
    this.places.seal(name);
    delete this.values[name];
  }

  #onHidden = () => {
    if (document.visibilityState !== 'hidden') return;
    for (const name of [...this.#timers.keys()]) this.#close(name);
  };
}
