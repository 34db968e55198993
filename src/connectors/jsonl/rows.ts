import { isUtf8 } from 'node:buffer';
import type { Row } from '../../model/source.js';
import { isBlank, markAt } from './blank.js';
import { isOpenEnded } from './lines.js';
import { NULS, parseLine } from './parse.js';

export const MEDIA_TYPE = 'application/jsonl';
/** Media type of a page that contains the beginning of one line that is too long. */
export const cutType = (length: number): string => `${MEDIA_TYPE}; cut=${length}`;

const LF = 0x0a;
const CR = 0x0d;
export const CUT_OFF = 'the last line is cut off';

/** Parses the lines of a page. `index` counts blank lines too: a row's line in its file is the page's first line plus `index`. */
export function* lineRows(body: Buffer, mediaType: string, lineBytes: number): Generator<Row> {
  if (mediaType.includes('; cut=')) {
    yield { index: 0, offset: 0, length: body.length, error: `the line is longer than ${sizeText(lineBytes)}` };
    return;
  }
  const checked = isUtf8(body);
  for (let index = 0, start = 0; start < body.length; index++) {
    const found = body.indexOf(LF, start);
    const end = found < 0 ? body.length : found;
    const offset = start + markAt(body, start);
    start = end + 1;
    if (body[offset] !== 0x7b && isBlank(body, offset, end)) continue;
    const length = (body[end - 1] === CR ? end - 1 : end) - offset;
    const { value, error } = parseLine(body, offset, offset + length, checked);
    const cutOff = found < 0 && error !== NULS.error && (error !== undefined || isOpenEnded(body));
    if (cutOff) yield { index, offset, length, error: CUT_OFF };
    else if (error !== undefined) yield { index, offset, length, error };
    else yield { index, offset, length, value };
  }
}

const MIB = 1024 * 1024;
const sizeText = (bytes: number) => (bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`);
