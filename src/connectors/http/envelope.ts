import { Failure, type FailureKind } from '../../model/failure.js';
import type { Row } from '../../model/source.js';
import { isHeaderValue, type ValuePlace } from './auth/header-values.js';
import { outline, want } from './json/outline.js';
import { jsonRows, parseExact } from './json/rows.js';
import { Malformed } from './errors/malformed.js';
import { keysOf, pathText, type Path } from './path.js';
import { parseElement } from './xml/element.js';
import { xmlOutline } from './xml/outline.js';
import { xmlRows } from './xml/rows.js';

/** The declared small values of a page by name; what is not found has no entry, integers beyond 2^53 are text. */
export type Values = Record<string, unknown>;

/** What a page says about itself, without its records being built. */
export interface Reading {
  /** Records in the page; `undefined` when nothing stands where they belong. */
  rows: number | undefined;
  values: Values;
  /** Builds the last record, for paging that goes on after its id. */
  last(): unknown;
  /** Builds the records one by one. */
  all(): Iterable<Row>;
}

/** A complaint in an answer with status 200. */
export interface Complaint {
  kind: FailureKind;
  /** A word or code of the vendor's, never its whole message. */
  says: string;
}

/** How a source's pages are built. */
export interface Envelope {
  /** Path of the records, `''` for a bare list. In XML their parent element. */
  records: Path;
  /** Key around each record (`{HostAsset: {…}}`), or around the list where there is one record only. */
  wrapper?: string;
  /** Small values outside the records, by name. `total`, where declared, is the size of the whole listing. */
  values?: Record<string, ValuePlace>;
  /** Whether an answer without records is an empty page. Without it such an answer is a mismatch. */
  empty?: (values: Values) => boolean;
  /** What the answer complains about although its status is 200. */
  complaint?: (values: Values) => Complaint | undefined;
}

const isXml = (body: Buffer) => /^(?:\u00ef\u00bb\u00bf)?\s*</.test(body.toString('latin1', 0, 256));
const isHtml = (body: Buffer) =>
  /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype\s+html|html|head|body)\b/i.test(body.toString('latin1', 0, 256));

/** Reads an envelope, JSON or XML by the body's own first character. Throws `Malformed`. */
export function readEnvelope(body: Buffer, envelope: Envelope): Reading {
  if (isHtml(body)) throw new Malformed('is an HTML page');
  return isXml(body) ? readXml(body, envelope) : readJson(body, envelope);
}

function readJson(body: Buffer, { records, values, wrapper }: Envelope): Reading {
  const found = outline(body, want(records, inBody(values), wrapper));
  const all = (first = 0) => (found.records ? jsonRows(body, found.records, wrapper, first) : []);
  const entries = [...found.values].map(([name, raw]): [string, unknown] => {
    try {
      return [name, parseExact(raw.toString('utf8'))];
    } catch {
      throw new Malformed(`holds a value that is not valid JSON at byte ${raw.byteOffset - body.byteOffset}`);
    }
  });
  const rows = found.records?.count;
  return { rows, values: Object.fromEntries(entries), last: () => lastOf(all((rows ?? 0) - 1)), all };
}

function readXml(body: Buffer, { records, values }: Envelope): Reading {
  const encoding = /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)/i.exec(body.toString('latin1', 0, 256))?.[1];
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding))
    throw new Malformed('is XML, but not in UTF-8');
  if (keysOf(records).length === 0) throw new Malformed('is XML instead of JSON');
  const found = xmlOutline(body, records, inBody(values));
  const entries = [...found.values].map(([name, raw]): [string, unknown] => {
    try {
      return [name, parseElement(raw.toString('utf8'))];
    } catch {
      throw new Malformed(`holds an element that is not well-formed at byte ${raw.byteOffset - body.byteOffset}`);
    }
  });
  const ranges = found.records;
  const all = () => (ranges ? xmlRows(body, ranges) : []);
  const rows = ranges?.starts.length;
  const last = () =>
    lastOf(ranges ? xmlRows(body, { starts: ranges.starts.slice(-1), ends: ranges.ends.slice(-1) }) : []);
  return { rows, values: Object.fromEntries(entries), last, all };
}

function inBody(values: Envelope['values'] = {}): Record<string, Path> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Path] => !isHeaderValue(entry[1])),
  );
}

function lastOf(rows: Iterable<Row>): unknown {
  for (const row of rows) return row.value;
  return undefined;
}

/**
 * Reads an answer with status 200 and holds it against its declaration. Throws `Failure` of the complaint's kind, or
 * `response-mismatch` when the body is something else than declared; `at` is the host and path to name.
 */
export function checkedReading(body: Buffer, envelope: Envelope, at: string): Reading & { rows: number } {
  const mismatch = (why: string, options?: ErrorOptions) =>
    new Failure('response-mismatch', `${at} answered 200, but the answer ${why}`, { at, status: 200 }, options);
  let reading: Reading;
  try {
    if (body.length === 0) throw new Malformed('is empty');
    reading = readEnvelope(body, envelope);
  } catch (error) {
    if (error instanceof Malformed) throw mismatch(error.message, { cause: error });
    throw error;
  }
  const complaint = envelope.complaint?.(reading.values);
  if (complaint) throw new Failure(complaint.kind, `${at} answered 200 with ${complaint.says}`, { at, status: 200 });
  if (reading.rows !== undefined) return { ...reading, rows: reading.rows };
  if (envelope.empty?.(reading.values)) return { ...reading, rows: 0 };
  const where = pathText(envelope.records);
  throw mismatch(where === '' ? 'is not a list' : `has no list at ${where}`);
}
