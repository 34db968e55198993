import { isoMillis, isoSeconds } from '../times.js';
import type { Sink } from './sink.js';

/**
 * The format of a record: `extended` is MongoDB's extended JSON (take-home style API), `plain` is the JSON of the vendors' own
 * APIs, `xml` is the format in which Qualys responds without an `Accept` header.
 */
export type Dialect = 'extended' | 'plain' | 'xml';

/** Writes a time that extended JSON wraps. The other times are plain text in extended JSON too. */
export function writeDate(ms: number, dialect: Dialect, sink: Sink): void {
  if (dialect === 'extended') sink.text(`{"$date":"${isoMillis(ms)}"}`);
  else sink.text(`"${isoSeconds(ms)}"`);
}
