import type { HostDoc } from '../store/documents/hosts.js';

/** How hosts are written: some text before the first one, and that of each batch. */
export interface Format {
  begin?: string;
  batch(hosts: readonly HostDoc[]): string;
}

/** What JSON lets through, and a terminal or a line reader acts on. */
// eslint-disable-next-line no-control-regex
const ACTED_ON = /[\u007f-\u009f\u2028\u2029]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON on one line, with every control character escaped; times are ISO 8601. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value).replace(ACTED_ON, escaped)}\n`;

/** One JSON object a host. */
export const jsonLines = (of: (host: HostDoc) => object): Format => ({
  batch: (hosts) => hosts.map((host) => jsonLine(of(host))).join(''),
});

/** Without what is `undefined`, an empty list or an empty object: absent values are absent keys. */
export function present<T extends object>(fields: T): T {
  const filled = Object.entries(fields).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(filled) as T;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object' || value instanceof Date) return false;
  return Object.keys(value).length === 0;
}
