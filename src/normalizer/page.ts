import type { Context, Understood } from '../datasets/dataset.js';
import { datasetOf } from '../datasets/index.js';
import { Failure } from '../failure.js';
import { RecordRejected, type Input, type Row, type AnySource } from '../sources/source.js';
import type { PageDoc } from '../store/pages.js';
import type { Rejected } from '../store/quarantine.js';
import { isErased } from './erased.js';

/** What the rows of one page came to. */
export interface ReadPage {
  understood: Understood[];
  rejected: Rejected[];
}

/** The native ids of a page's rows, as far as they can be read. */
export function namedIn(source: string, { understood, rejected }: ReadPage): string[] {
  return [
    ...understood.map(({ _id }) => _id.slice(source.length + 1)),
    ...rejected.flatMap(({ recordId }) => recordId ?? []),
  ];
}

/** Reads the rows of a stored page, or those that are `wanted`. One that cannot be understood is rejected, its neighbours are not. */
export function readPage(
  source: AnySource,
  input: Input,
  page: PageDoc,
  body: Buffer | undefined,
  context: Context,
  wanted: (row: Row) => boolean = () => true,
): ReadPage {
  const understood: Understood[] = [];
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

function understand(source: AnySource, row: Row, rejected: Rejected[], context: Context): Understood | undefined {
  const place = { row: row.index, offset: row.offset, length: row.length };
  if (row.error !== undefined) {
    rejected.push({ reason: row.error, ...place });
    return undefined;
  }
  try {
    return datasetOf(source).understand(source, source.map(row.value), row, context);
  } catch (error) {
    const known = error instanceof RecordRejected;
    // A mapping that breaks is our defect, yet one record's: it waits in quarantine for the fix. Its message may hold values.
    const reason = known ? error.reason : `mapping broke: ${(error as Error).name}`;
    rejected.push({ reason, ...place, ...(known && error.recordId !== undefined ? { recordId: error.recordId } : {}) });
    return undefined;
  }
}
