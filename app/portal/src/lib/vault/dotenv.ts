const LINE = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=/;

/** How many variables a pasted text holds, when it is a `.env` file rather than one value. */
export function variables(text: string): number {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const held = lines.filter((line) => LINE.test(line)).length;
  return held >= 2 || (held === 1 && lines.length === 1 && /^\s*(export\s|[A-Z_][A-Z0-9_]*=)/.test(text)) ? held : 0;
}
