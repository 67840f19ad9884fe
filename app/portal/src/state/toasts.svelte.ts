export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'done' | 'failed';
  /** The way back, while the toast is there. */
  readonly undo?: () => void;
}

const SHOWN_MS = 4000;
/** What failed stays longer: it has to be read. */
const FAILED_MS = 9000;
/** And what can be undone: it has to be thought about. */
const UNDO_MS = 12_000;

/** Short words about what just happened, also for screen readers. */
class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #next = 0;

  /** One at a time: the next thing done is the news. */
  done(text: string, undo?: () => void): void {
    this.list = this.list.filter((toast) => toast.tone !== 'done');
    this.#add({ text, tone: 'done', undo }, undo ? UNDO_MS : SHOWN_MS);
  }

  failed(text: string): void {
    this.#add({ text, tone: 'failed' }, FAILED_MS);
  }

  /** Goes back on what was done last, if it can be. */
  undo(): boolean {
    const toast = this.list.find(({ undo }) => undo);
    if (!toast?.undo) return false;
    this.dismiss(toast.id);
    toast.undo();
    return true;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** As if nothing had happened: somebody else sits here now, perhaps. */
  clear(): void {
    this.list = [];
  }

  #add(toast: Omit<Toast, 'id'>, ms: number): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { ...toast, id }];
    setTimeout(() => this.dismiss(id), ms);
  }
}

export const toasts = new Toasts();
