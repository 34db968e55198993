import { contentHash, identityDigest } from '../host/hash.js';
import type { HostRecord } from '../host/types.js';
import type { NormalizedRecord } from '../store/collections/records.js';
import { storedObservation } from '../store/stored-observation.js';

/**
 * A row of a page as a record, ready to be stored. `mapping`: the number of the source's mapping. The hash includes it and the
 * keys, so that a changed rule changes the records.
 */
export function normalizedHost(
  { id, vendor, observation, keys }: Pick<HostRecord, 'id' | 'vendor' | 'observation' | 'keys'>,
  { row = 0, mapping = 1 } = {},
): NormalizedRecord {
  const stored = storedObservation(observation);
  return {
    _id: id,
    row,
    ...stored,
    keys,
    identity: identityDigest(vendor, observation, keys),
    hash: `${mapping}.${contentHash(stored.observation, keys)}`,
  };
}
