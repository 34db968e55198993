import type { Row } from '../../../model/source.js';
import { MAX_DEPTH } from '../json/scan.js';
import { NotWellFormed, TooDeep, parseElement } from './element.js';

/** Parses the records of an XML page one by one. A malformed record makes only its own row an error row. */
export function* xmlRows(body: Buffer, records: { starts: number[]; ends: number[] }): Generator<Row> {
  for (let index = 0; index < records.starts.length; index++) {
    const offset = records.starts[index]!;
    const end = records.ends[index]!;
    let row: Row;
    try {
      row = { index, offset, length: end - offset, value: parseElement(body.toString('utf8', offset, end)) };
    } catch (error) {
      const why = error instanceof TooDeep ? `Nested deeper than ${MAX_DEPTH} levels` : 'Not well-formed XML';
      const partial = error instanceof NotWellFormed ? { partial: error.partial } : {};
      row = { index, offset, length: end - offset, error: why, ...partial };
    }
    yield row;
  }
}
