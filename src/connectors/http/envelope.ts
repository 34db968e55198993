import { Failure, type FailureKind } from '../../model/failure.js';
import type { Row } from '../../model/source.js';
import { isHeaderValue, type ValueLocation } from './auth/header-values.js';
import { outline, want } from './json/outline.js';
import { jsonRows, parseExact } from './json/rows.js';
import { Malformed } from './errors/malformed.js';
import { keysOf, pathText, type Path } from './path.js';
import { parseElement } from './xml/element.js';
import { xmlOutline } from './xml/outline.js';
import { xmlRows } from './xml/rows.js';

/** Declared values of a page by name. Missing values have no entry; integers beyond 2^53 are text. */
export type Values = Record<string, unknown>;

/** A parsed page whose records are not built yet. */
export interface ParsedPage {
  /** Number of records; `undefined` if the page has no record list. */
  rows: number | undefined;
  values: Values;
  /** Builds the last record, for pagination by its id. */
  last(): unknown;
  /** Builds the records one by one. */
  all(): Iterable<Row>;
}

/** An application error in a response with status 200. */
export interface ApplicationError {
  kind: FailureKind;
  /** The vendor's code or keyword, never its whole message. */
  message: string;
}

/** Structure of a source's pages. */
export interface Envelope {
  /** Path of the record list, `''` for a bare list. In XML, the path of the records' parent element. */
  records: Path;
  /** Key that wraps each record (`{HostAsset: {…}}`), or the list if there is one record only. */
  wrapper?: string;
  /** Values outside the records, by name. `total`, if declared, is the size of the whole listing. */
  values?: Record<string, ValueLocation>;
  /** Whether a response without a record list is an empty page. Without it such a response is a mismatch. */
  empty?: (values: Values) => boolean;
  /** Detects an application error in a response with status 200. */
  applicationError?: (values: Values) => ApplicationError | undefined;
}

const isXml = (body: Buffer) => /^(?:\u00ef\u00bb\u00bf)?\s*</.test(body.toString('latin1', 0, 256));
const isHtml = (body: Buffer) =>
  /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype\s+html|html|head|body)\b/i.test(body.toString('latin1', 0, 256));

/** Parses a page as JSON or XML, depending on the first character of its body. Throws `Malformed`. */
export function readEnvelope(body: Buffer, envelope: Envelope): ParsedPage {
  if (isHtml(body)) throw new Malformed('is an HTML page');
  return isXml(body) ? readXml(body, envelope) : readJson(body, envelope);
}

function readJson(body: Buffer, { records, values, wrapper }: Envelope): ParsedPage {
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

function readXml(body: Buffer, { records, values }: Envelope): ParsedPage {
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
 * Parses a response with status 200 and checks it against the source's declaration. Throws `Failure` of the application error's
 * kind, or `response-mismatch` if the body differs from the declaration; `at` is the host and path to name.
 */
export function parsePage(body: Buffer, envelope: Envelope, at: string): ParsedPage & { rows: number } {
  const mismatch = (why: string, options?: ErrorOptions) =>
    new Failure('response-mismatch', `${at} responded 200, but the response ${why}`, { at, status: 200 }, options);
  let parsed: ParsedPage;
  try {
    if (body.length === 0) throw new Malformed('is empty');
    parsed = readEnvelope(body, envelope);
  } catch (error) {
    if (error instanceof Malformed) throw mismatch(error.message, { cause: error });
    throw error;
  }
  const applicationError = envelope.applicationError?.(parsed.values);
  if (applicationError)
    throw new Failure(applicationError.kind, `${at} responded 200 with ${applicationError.message}`, {
      at,
      status: 200,
    });
  if (parsed.rows !== undefined) return { ...parsed, rows: parsed.rows };
  if (envelope.empty?.(parsed.values)) return { ...parsed, rows: 0 };
  const where = pathText(envelope.records);
  throw mismatch(where === '' ? 'is not a list' : `has no list at ${where}`);
}
