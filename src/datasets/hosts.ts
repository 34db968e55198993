import { contentHash, identityDigest } from '../host/hash.js';
import { identityKeys } from '../host/keys.js';
import { putRecords, type Understood } from '../store/records.js';
import type { Dataset } from './dataset.js';

/** Hosts: recognised by their identity keys, merged into golden records. */
export const hosts: Dataset<'hosts', Understood> = {
  name: 'hosts',
  personal: [],
  settle: 'merge',
  understand(source, { id, observation }, { index: row }, { junk }) {
    const keys = identityKeys(source.vendor, id, observation, junk);
    return {
      _id: `${source.name}:${id}`,
      row,
      observation,
      keys,
      // The keys and the mapping's number are part of the hash: a rule that changes its meaning changes its records.
      identity: identityDigest(source.vendor, observation, keys),
      hash: `${source.mapping}.${contentHash(observation, keys)}`,
    };
  },
  put: putRecords,
};
