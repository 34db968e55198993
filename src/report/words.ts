/** `1,684` */
export const count = (value: number): string => value.toLocaleString('en-US');

/** `1,684 hosts`, `1 host`. */
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : plural}`;

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

/** `45 s`, `3 min`, `2.5 h`, `12 days`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 360) / 10} h`;
  return `${count(Math.round(seconds / 86_400))} days`;
}

/** Cuts a text to a length. */
export const short = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Looks up the label of a name; the name itself if there is none. Safe for names of properties of every object. */
export const wordFor = (table: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(table, name) ? table[name]! : name;
