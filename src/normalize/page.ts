import type { Context, NormalizedRecord } from './datasets/dataset.js';
import { datasetOf } from './datasets/index.js';
import { Failure } from '../model/failure.js';
import {
  RecordRejected,
  type AnySource,
  type DatasetName,
  type Input,
  type Mapped,
  type Row,
} from '../model/source.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { Rejected } from '../store/collections/quarantine.js';
import { isErased } from '../model/erased.js';

/** Result of reading one page. */
export interface ReadPage {
  understood: NormalizedRecord[];
  rejected: Rejected[];
  /** The page was not read, because reading it ends the process. */
  setAside?: true;
}

/** The native ids of a page's rows, normalized or rejected, as far as they could be read. */
export function namedIn(source: string, { understood, rejected }: ReadPage): string[] {
  return [
    ...understood.map(({ _id }) => _id.slice(source.length + 1)),
    ...rejected.flatMap(({ recordId }) => recordId ?? []),
  ];
}

/**
 * Reads the rows of a stored page, or only those that are `wanted`. A row that cannot be read is rejected; other rows are not
 * affected.
 */
export function readPage(
  source: AnySource,
  input: Input,
  page: PageDoc,
  body: Buffer | undefined,
  context: Context,
  wanted: (row: Row) => boolean = () => true,
): ReadPage {
  const understood: NormalizedRecord[] = [];
  const rejected: Rejected[] = [];
  const whole = (reason: string) => ({ understood: [], rejected: [{ reason, row: 0, offset: 0, length: page.bytes }] });
  if (page.rows === 0) return { understood: [], rejected };
  if (!body) return whole('the stored body is missing');
  try {
    for (const row of input.rows({ body, mediaType: page.media_type, status: page.status })) {
      const record = wanted(row) && !isErased(row.value) ? understand(source, row, rejected, context) : undefined;
      if (record) understood.push(record);
    }
  } catch (error) {
    if (error instanceof Failure) return whole(error.message);
    throw error;
  }
  return { understood, rejected };
}

function understand(source: AnySource, row: Row, rejected: Rejected[], context: Context): NormalizedRecord | undefined {
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
    return datasetOf(source).understand(source, mapped as never, row, context);
  } catch (error) {
    const known = error instanceof RecordRejected ? error : undefined;
    // An exception in the mapping is a defect that affects one record, which stays in quarantine until it is fixed. The error's
    // message may contain values, so only its name is stored.
    const reason = known ? reasonOf(known) : `mapping broke: ${nameOf(error)}`;
    const named = known?.recordId !== undefined && problemOfId(known.recordId) === undefined;
    rejected.push({ reason, ...location, ...(named ? { recordId: known.recordId! } : {}) });
    return undefined;
  }
}

/** Longer ids are rejected: they would not fit into an index or on a screen. */
const MOST_ID = 1_024;
const MOST_REASON = 300;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Why an id is invalid. Ids with lone surrogates are, because MongoDB could store two different ones as the same text. */
function problemOfId(id: unknown): string | undefined {
  if (id === undefined || id === null || id === '') return 'id is missing';
  if (typeof id === 'bigint' || Number.isSafeInteger(id)) return undefined;
  if (typeof id !== 'string') return 'id is not text';
  if (id.length > MOST_ID) return `id is longer than ${MOST_ID} characters`;
  return LONE_SURROGATE.test(id) ? 'id holds half a character' : undefined;
}

/** The reason of a rejection, checked because a user's source file may throw anything. */
const reasonOf = ({ reason }: RecordRejected): string =>
  typeof reason === 'string' && reason !== '' ? reason.slice(0, MOST_REASON) : 'the mapping gave no reason';
function nameOf(error: unknown): string {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : typeof error;
}

/** The id of a record that could be read only in part. It is listed, so the record must not count as gone. */
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
