import { isoMillis, isoSeconds } from '../times.js';
import type { Sink } from './sink.js';

/**
 * How a record is written down: `extended` is MongoDB's extended JSON (take-home style API), `plain` the JSON of the
 * vendors' own APIs, `xml` what Qualys answers without an `Accept` header.
 */
export type Dialect = 'extended' | 'plain' | 'xml';

/** A time that extended JSON wraps; the sibling times are plain text there as well. */
export function writeDate(ms: number, dialect: Dialect, sink: Sink): void {
  if (dialect === 'extended') sink.text(`{"$date":"${isoMillis(ms)}"}`);
  else sink.text(`"${isoSeconds(ms)}"`);
}
