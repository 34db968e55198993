import { readObservation } from '../../../store/stored-observation.js';
import type { NormalizedRecord as HostRecord } from '../../../store/collections/records.js';
import type { Context, NormalizedRecord } from '../../../normalize/datasets/dataset.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { rowsOf } from '../../../sources/decode.js';
import { RecordRejected, type AnySource, type FetchedPage } from '../../../model/source.js';

/** One row of a page, as received and as normalized. */
export interface ReadRow {
  row: number;
  /** The row as received; absent if it may be personal, or could not be parsed. */
  raw?: unknown;
  /** `source:native id`, if the row could be read. */
  id?: string;
  /** The document that would be stored. */
  normalized?: unknown;
  /** The identity keys of a host record. */
  keys?: string[];
  /** Why the row would go to quarantine. */
  rejected?: string;
}

/**
 * Reads up to `most` rows like the pipeline, without storing anything. Personal fields are masked, and the raw rows of a
 * dataset with personal fields are left out.
 */
export function readRows(source: AnySource, page: FetchedPage, most: number, context: Context): ReadRow[] {
  const dataset = datasetOf(source);
  const read: ReadRow[] = [];
  for (const row of rowsOf(source, page)) {
    if (read.length >= most) break;
    if (row.error !== undefined) {
      read.push({ row: row.index, rejected: row.error });
      continue;
    }
    const raw = dataset.personal.length > 0 ? {} : { raw: row.value };
    try {
      const normalized = dataset.toRecord(source, source.map(row.value), row, context);
      read.push({ row: row.index, ...raw, id: normalized._id, ...storedOf(normalized) });
    } catch (error) {
      read.push({ row: row.index, ...raw, ...rejection(source, error) });
    }
  }
  return read;
}

/** The parts of a record that the preview shows, by the field names of each dataset. */
function storedOf(normalized: NormalizedRecord): Pick<ReadRow, 'normalized' | 'keys'> {
  if ('observation' in normalized) {
    const host = normalized as HostRecord;
    return { normalized: readObservation(host), keys: host.keys };
  }
  const { event, ...rest } = normalized as NormalizedRecord & Record<string, unknown>;
  if (event !== undefined) return { normalized: event };
  const { _id: _omitted, row: _row, hash: _hash, ...login } = rest;
  return { normalized: login };
}

function rejection(source: AnySource, error: unknown): Pick<ReadRow, 'id' | 'rejected'> {
  if (!(error instanceof RecordRejected)) {
    // A missing key ring is not an error of the record.
    if ((error as { kind?: string }).kind === 'settings-invalid') throw error;
    return { rejected: `the mapping threw ${(error as Error).name}` };
  }
  const { reason, recordId } = error;
  return { rejected: reason, ...(recordId === undefined ? {} : { id: `${source.name}:${recordId}` }) };
}

/** JSON with integers of any length, which `JSON.stringify` rejects. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner), indent);
}
