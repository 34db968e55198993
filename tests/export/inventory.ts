import { normalizedHost } from '../../src/normalize/normalized-host.js';
import type { HostRecord } from '../../src/host/types.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { putRecords } from '../../src/store/collections/records.js';

/** Stores records as a run does, consecutive records of one source as one page, and merges them. */
export async function putHosts(store: Store, records: readonly HostRecord[], run = 'run-1'): Promise<void> {
  for (let first = 0, next: number; first < records.length; first = next) {
    const { id, source, vendor } = records[first]!;
    next = records.findIndex((record, at) => at > first && record.source !== source);
    if (next < 0) next = records.length;
    const origin = { source, vendor, page: `p/${id}`, run, observedAt: new Date() };
    const rows = records.slice(first, next).map((one, row) => normalizedHost(one, { row }));
    await putRecords(store, origin, rows);
  }
  await mergeChanged(store, { holder: 'test', run });
}
