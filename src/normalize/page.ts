import type { Context, NormalizedRecord } from './datasets/dataset.js';
import { datasetOf } from './datasets/index.js';
import { Failure } from '../model/failure.js';
import { RecordRejected, type AnySource, type DatasetName, type Mapped, type Row } from '../model/source.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { Rejected } from '../store/collections/quarantine.js';
import { storedRows } from '../sources/decode.js';
import { isErased } from '../model/erased.js';

/** Result of reading one page. */
export interface ReadPage {
  normalized: NormalizedRecord[];
  rejected: Rejected[];
  /** The page was not read, because reading it ends the process. */
  setAside?: true;
}

/** The native ids of a page's rows, normalized or rejected. Omits ids that could not be read. */
export function namedIn(source: string, { normalized, rejected }: ReadPage): string[] {
  return [
    ...normalized.map(({ _id }) => _id.slice(source.length + 1)),
    ...rejected.flatMap(({ recordId }) => recordId ?? []),
  ];
}

/** Removes duplicates within a page and keeps the last row of each record. */
export function lastOfEach(normalized: readonly NormalizedRecord[]): NormalizedRecord[] {
  const byId = new Map(normalized.map((record) => [record._id, record]));
  return byId.size === normalized.length ? (normalized as NormalizedRecord[]) : [...byId.values()];
}

/**
 * Reads the rows of a stored page, or only those that are `wanted`. A row that cannot be read is rejected; other rows are not
 * affected.
 */
export function readPage(
  source: AnySource,
  page: PageDoc,
  body: Buffer | undefined,
  context: Context,
  wanted: (row: Row) => boolean = () => true,
): ReadPage {
  const normalized: NormalizedRecord[] = [];
  const rejected: Rejected[] = [];
  const whole = (reason: string) => ({ normalized: [], rejected: [{ reason, row: 0, offset: 0, length: page.bytes }] });
  if (page.rows === 0) return { normalized: [], rejected };
  if (!body) return whole('the stored body is missing');
  try {
    for (const row of storedRows(source, page, body)) {
      const record = wanted(row) && !isErased(row.value) ? toRecord(source, row, rejected, context) : undefined;
      if (record) normalized.push(record);
    }
  } catch (error) {
    if (error instanceof Failure) return whole(error.message);
    throw error;
  }
  return { normalized, rejected };
}

function toRecord(source: AnySource, row: Row, rejected: Rejected[], context: Context): NormalizedRecord | undefined {
  const location = { row: row.index, offset: row.offset, length: row.length };
  if (row.error !== undefined) {
    const recordId = idOf(source, row.partial);
    rejected.push({ reason: row.error, ...location, ...(recordId === undefined ? {} : { recordId }) });
    return undefined;
  }
  try {
    const mapped = source.map(row.value) as Mapped<DatasetName>;
    const problem = problemOfId(mapped.id);
    if (problem !== undefined) throw new RecordRejected(problem);
    return datasetOf(source).toRecord(source, mapped as never, row, context);
  } catch (error) {
    const known = error instanceof RecordRejected ? error : undefined;
    // An exception in the mapping is a defect that affects one record. The record stays in quarantine until the mapping is
    // corrected. The error's message may contain values, so only the name of the error is stored.
    const reason = known ? reasonOf(known) : `the mapping threw ${nameOf(error)}`;
    const named = known?.recordId !== undefined && problemOfId(known.recordId) === undefined;
    rejected.push({ reason, ...location, ...(named ? { recordId: known.recordId! } : {}) });
    return undefined;
  }
}

/**
 * Maximum length of an id in characters. Longer ids are rejected, because they would not fit into an index or on a screen.
 */
const MOST_ID = 1_024;
const MOST_REASON = 300;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Why an id is invalid. Ids with lone surrogates are invalid, because MongoDB could store two different ids as the same
 * text.
 */
function problemOfId(id: unknown): string | undefined {
  if (id === undefined || id === null || id === '') return 'id is missing';
  if (typeof id === 'bigint' || Number.isSafeInteger(id)) return undefined;
  if (typeof id !== 'string') return 'id is not text';
  if (id.length > MOST_ID) return `id is longer than ${MOST_ID} characters`;
  return LONE_SURROGATE.test(id) ? 'id contains an incomplete character (lone surrogate)' : undefined;
}

/** The reason of a rejection, checked because a user's source file may throw any value. */
const reasonOf = ({ reason }: RecordRejected): string =>
  typeof reason === 'string' && reason !== '' ? reason.slice(0, MOST_REASON) : 'the mapping gave no reason';
function nameOf(error: unknown): string {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : typeof error;
}

/** The id of a record that could be read only in part. The vendor lists the record, so it must not count as gone. */
function idOf(source: AnySource, partial: unknown): string | undefined {
  if (partial === undefined) return undefined;
  let id: unknown;
  try {
    ({ id } = source.map(partial) as Mapped<DatasetName>);
  } catch (error) {
    id = error instanceof RecordRejected ? error.recordId : undefined;
  }
  return problemOfId(id) === undefined ? String(id) : undefined;
}
