/** Hands a file to the browser. */
export function download(content: Blob | string, name: string, type = 'application/octet-stream'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes it up after this task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name with the day in it: `audit-2026-11-29.csv`. */
export function dated(name: string, ending: string, now = new Date()): string {
  return `${name}-${now.toISOString().slice(0, 10)}.${ending}`;
}
