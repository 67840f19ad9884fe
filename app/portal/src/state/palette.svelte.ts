/** Whether the palette is open. */
class Palette {
  open = $state(false);

  /** Opens and closes it by Ctrl or Cmd and K; returns the end of that. */
  watch(): () => void {
    const onKey = (event: KeyboardEvent) => {
      const pressed = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
      if (!pressed || event.altKey || event.shiftKey) return;
      // Over another dialog it would hide what that one waits for.
      if (!this.open && document.querySelector('[role=dialog]')) return;
      event.preventDefault();
      this.open = !this.open;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }
}

export const palette = new Palette();
