/** Writes twelve hexadecimal digits in pairs. */
export function spell(mac: string, separator: string): string {
  if (mac === '') return '';
  return (
    mac.slice(0, 2) +
    separator +
    mac.slice(2, 4) +
    separator +
    mac.slice(4, 6) +
    separator +
    mac.slice(6, 8) +
    separator +
    mac.slice(8, 10) +
    separator +
    mac.slice(10)
  );
}
