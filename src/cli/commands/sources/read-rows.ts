import type { Context, NormalizedRecord } from '../../../normalize/datasets/dataset.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { RecordRejected, type AnySource, type FetchedPage, type Input } from '../../../model/source.js';

/** One row of a page, as received and as Rollcall reads it. */
export interface ReadRow {
  row: number;
  /** As received; absent where it may be personal, and where the row could not be read at all. */
  raw?: unknown;
  /** `source:native id`, where it could be read. */
  id?: string;
  /** What would be stored. */
  normalized?: unknown;
  /** Of hosts: what it is recognised by. */
  keys?: string[];
  /** Why it would go to quarantine. */
  rejected?: string;
}

/** Reads up to `most` rows as the pipeline does, and stores nothing. Personal fields are masked, and raw rows with any left out. */
export function readRows(
  source: AnySource,
  input: Input,
  page: FetchedPage,
  most: number,
  context: Context,
): ReadRow[] {
  const dataset = datasetOf(source);
  const read: ReadRow[] = [];
  for (const row of input.rows(page)) {
    if (read.length >= most) break;
    if (row.error !== undefined) {
      read.push({ row: row.index, rejected: row.error });
      continue;
    }
    const raw = dataset.personal.length > 0 ? {} : { raw: row.value };
    try {
      const understood = dataset.understand(source, source.map(row.value), row, context);
      read.push({ row: row.index, ...raw, id: understood._id, ...storedOf(understood) });
    } catch (error) {
      read.push({ row: row.index, ...raw, ...rejection(source, error) });
    }
  }
  return read;
}

/** What of an understood record is worth a look, by what each dataset calls it. */
function storedOf(understood: NormalizedRecord): Pick<ReadRow, 'normalized' | 'keys'> {
  const { observation, keys, event, ...rest } = understood as NormalizedRecord & Record<string, unknown>;
  if (observation !== undefined) return { normalized: observation, keys: keys as string[] };
  if (event !== undefined) return { normalized: event };
  const { _id: _omitted, row: _row, hash: _hash, ...login } = rest;
  return { normalized: login };
}

function rejection(source: AnySource, error: unknown): Pick<ReadRow, 'id' | 'rejected'> {
  if (!(error instanceof RecordRejected)) {
    // A missing key ring is no fault of the record.
    if ((error as { kind?: string }).kind === 'settings-invalid') throw error;
    return { rejected: `mapping broke: ${(error as Error).name}` };
  }
  const { reason, recordId } = error;
  return { rejected: reason, ...(recordId === undefined ? {} : { id: `${source.name}:${recordId}` }) };
}

/** JSON with integers of any length, which `JSON.stringify` refuses. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner), indent);
}
