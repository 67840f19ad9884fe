export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'done' | 'failed';
}

const SHOWN_MS = 4000;
/** What failed stays longer: it has to be read. */
const FAILED_MS = 9000;

/** Short words about what just happened, also for screen readers. */
class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #next = 0;

  /** One at a time: the next thing done is the news. */
  done(text: string): void {
    this.list = this.list.filter((toast) => toast.tone !== 'done');
    this.#add(text, 'done', SHOWN_MS);
  }

  failed(text: string): void {
    this.#add(text, 'failed', FAILED_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** As if nothing had happened: somebody else sits here now, perhaps. */
  clear(): void {
    this.list = [];
  }

  #add(text: string, tone: Toast['tone'], ms: number): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { id, text, tone }];
    setTimeout(() => this.dismiss(id), ms);
  }
}

export const toasts = new Toasts();
