import { contentHash, identityDigest } from '../../src/host/hash.js';
import type { HostRecord } from '../../src/host/types.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/store/drain.js';
import { putRecords } from '../../src/store/records.js';

/** Stores records as a run would, and merges them. */
export async function putHosts(store: Store, records: readonly HostRecord[], run = 'run-1'): Promise<void> {
  for (const { id, source, vendor, observation, keys } of records) {
    const origin = { source, vendor, page: `p/${id}`, run, observedAt: new Date() };
    const hash = `1.${contentHash(observation, keys)}`;
    const identity = identityDigest(vendor, observation, keys);
    await putRecords(store, origin, [{ _id: id, row: 0, observation, keys, identity, hash }]);
  }
  await mergeChanged(store, { holder: 'test', run });
}
