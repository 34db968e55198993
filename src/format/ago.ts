const UNITS: readonly [name: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['min', 60_000],
];

/** `3 min ago`, `40 days ago`; rounded down. */
export function ago(time: Date | undefined, now = new Date()): string {
  if (!time) return 'at an unknown time';
  const past = now.getTime() - time.getTime();
  for (const [name, ms] of UNITS) {
    const count = Math.floor(past / ms);
    if (count >= 1) return `${count} ${name}${count > 1 && name !== 'min' ? 's' : ''} ago`;
  }
  return 'just now';
}
