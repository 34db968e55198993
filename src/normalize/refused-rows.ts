import type { NormalizedRecord } from './datasets/dataset.js';
import type { AnySource, Input } from '../model/source.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { ReadPage } from './page.js';
import type { Refused } from './put-records.js';

/**
 * Moves records that MongoDB rejected to the rejected rows of their page, with their location in it, and returns the others. The
 * locations are read from the page again, because they are needed rarely.
 */
export function withoutRefused(
  source: AnySource,
  input: Input,
  page: PageDoc,
  body: Buffer | undefined,
  read: ReadPage,
  records: readonly NormalizedRecord[],
  refused: readonly Refused[],
): readonly NormalizedRecord[] {
  if (refused.length === 0 || !body) return records;
  const byRow = new Map(refused.map(({ record, reason }) => [record.row, { record, reason }]));
  for (const { index, offset, length } of input.rows({ body, mediaType: page.media_type, status: page.status })) {
    const found = byRow.get(index);
    if (!found) continue;
    const recordId = found.record._id.slice(source.name.length + 1);
    read.rejected.push({ reason: found.reason, row: index, offset, length, recordId });
  }
  const out = new Set(refused.map(({ record }) => record));
  read.understood = read.understood.filter(({ row }) => !byRow.has(row));
  return records.filter((record) => !out.has(record));
}
