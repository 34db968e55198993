import type { HostDoc } from '../store/documents/hosts.js';

/** An export format: text before the first host, and the text of each batch. */
export interface Format {
  begin?: string;
  batch(hosts: readonly HostDoc[]): string;
}

/** Control characters that JSON allows and that a terminal or a line reader interprets. */
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u007f-\u009f\u2028\u2029]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of JSON with every control character escaped; times are ISO 8601. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value).replace(CONTROL_CHARACTERS, escaped)}\n`;

/** A format of one JSON object per host. */
export const jsonLines = (of: (host: HostDoc) => object): Format => ({
  batch: (hosts) => hosts.map((host) => jsonLine(of(host))).join(''),
});

/** Removes `undefined` values, empty lists and empty objects. */
export function present<T extends object>(fields: T): T {
  const filled = Object.entries(fields).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(filled) as T;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object' || value instanceof Date) return false;
  return Object.keys(value).length === 0;
}
