import type { NormalizedRecord } from './datasets/dataset.js';
import type { AnySource } from '../model/source.js';
import { storedRows } from '../sources/decode.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { ReadPage } from './page.js';
import type { UnstorableRecord } from './put-records.js';

/**
 * Moves records that MongoDB rejected to the rejected rows of their page, with their location in the page, and returns the
 * other records. The locations are read from the page again, because they are needed rarely.
 */
export function withoutUnstorable(
  source: AnySource,
  page: PageDoc,
  body: Buffer | undefined,
  read: ReadPage,
  records: readonly NormalizedRecord[],
  unstorable: readonly UnstorableRecord[],
): readonly NormalizedRecord[] {
  if (unstorable.length === 0 || !body) return records;
  const byRow = new Map(unstorable.map(({ record, reason }) => [record.row, { record, reason }]));
  for (const { index, offset, length } of storedRows(source, page, body)) {
    const found = byRow.get(index);
    if (!found) continue;
    const recordId = found.record._id.slice(source.name.length + 1);
    read.rejected.push({ reason: found.reason, row: index, offset, length, recordId });
  }
  const out = new Set(unstorable.map(({ record }) => record));
  read.normalized = read.normalized.filter(({ row }) => !byRow.has(row));
  return records.filter((record) => !out.has(record));
}
