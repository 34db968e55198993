import { contentHash, identityDigest } from '../host/hash.js';
import type { Junk } from '../host/junk.js';
import { identityKeys } from '../host/keys.js';
import type { SourceDefinition, Mapped } from '../sources/source.js';
import type { Understood } from '../store/records.js';

/** Hosts: recognised by their identity keys, merged into golden records. */
export const hosts = {
  name: 'hosts',
  /** Turns a mapped row into the record that is stored; `_id` = `source:native id`. What is in `junk` claims no key. */
  understand(source: SourceDefinition, mapped: Mapped, row: number, junk: Junk): Understood {
    const keys = identityKeys(source.vendor, mapped.id, mapped.observation, junk);
    return {
      _id: `${source.name}:${mapped.id}`,
      row,
      observation: mapped.observation,
      keys,
      // The keys and the mapping's number are part of the hash: a rule that changes its meaning changes its records.
      identity: identityDigest(source.vendor, mapped.observation, keys),
      hash: `${source.mapping}.${contentHash(mapped.observation, keys)}`,
    };
  },
};
