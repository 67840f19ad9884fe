const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** A size as people read it: `1 byte`, `1.4 MiB`. */
export function sizeOf(bytes: number): string {
  if (bytes === 1) return '1 byte';
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
