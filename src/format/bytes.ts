const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `900 bytes`, `1.4 MB` */
export function bytesText(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}
