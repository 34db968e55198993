import { hosts } from '../datasets/hosts.js';
import { Failure } from '../failure.js';
import type { Junk } from '../host/junk.js';
import { RecordRejected, type Input, type Row, type SourceDefinition } from '../sources/source.js';
import type { PageDoc } from '../store/pages.js';
import type { Rejected } from '../store/quarantine.js';
import type { Understood } from '../store/records.js';

/** What the rows of one page came to. No `_id` twice. */
export interface ReadPage {
  understood: Understood[];
  rejected: Rejected[];
}

/** Reads the rows of a stored page. One that cannot be understood is rejected, its neighbours are not. */
export function readPage(
  source: SourceDefinition,
  input: Input,
  page: PageDoc,
  body: Buffer | undefined,
  junk: Junk,
): ReadPage {
  const understood = new Map<string, Understood>();
  const rejected: Rejected[] = [];
  const whole = (reason: string) => ({ understood: [], rejected: [{ reason, row: 0, offset: 0, length: page.bytes }] });
  if (page.rows === 0) return { understood: [], rejected };
  if (!body) return whole('the stored body is missing');
  try {
    for (const row of input.rows({ body, mediaType: page.media_type, status: page.status })) {
      const record = understand(source, row, rejected, junk);
      // The same record twice in one page is one record: the later row wins.
      if (record) understood.set(record._id, record);
    }
  } catch (error) {
    if (error instanceof Failure) return whole(error.message);
    throw error;
  }
  return { understood: [...understood.values()], rejected };
}

function understand(source: SourceDefinition, row: Row, rejected: Rejected[], junk: Junk): Understood | undefined {
  const place = { row: row.index, offset: row.offset, length: row.length };
  if (row.error !== undefined) {
    rejected.push({ reason: row.error, ...place });
    return undefined;
  }
  try {
    return hosts.understand(source, source.map(row.value), row.index, junk);
  } catch (error) {
    const known = error instanceof RecordRejected;
    // A mapping that breaks is our defect, yet one record's: it waits in quarantine for the fix. Its message may hold values.
    const reason = known ? error.reason : `mapping broke: ${(error as Error).name}`;
    rejected.push({ reason, ...place, ...(known && error.recordId !== undefined ? { recordId: error.recordId } : {}) });
    return undefined;
  }
}
