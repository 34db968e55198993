/** `84 %`; 0 % and 100 % only if exact. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (part / whole) * 100;
  if (share > 0 && share < 1) return '<\u00a01\u00a0%';
  if (share < 100 && share > 99) return '>\u00a099\u00a0%';
  return `${Math.round(share)}\u00a0%`;
}

/** `2026-03-02 08:00` in UTC. */
export const minute = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ');

/** `2026-03-02` in UTC; empty for an unknown time. */
export const day = (time: Date | undefined): string => time?.toISOString().slice(0, 10) ?? '';

/** Cuts a text to a length. */
export const short = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/**
 * The label of a name, or the name itself if there is none. Safe for a name such as `constructor`, which is a property of every
 * object.
 */
export const labelFor = (table: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(table, name) ? table[name]! : name;
