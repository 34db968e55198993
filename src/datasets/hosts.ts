import { contentHash } from '../host/hash.js';
import { identityKeys } from '../host/keys.js';
import type { SourceDefinition, Mapped } from '../sources/source.js';
import type { Understood } from '../store/records.js';

/** Hosts: recognised by their identity keys, merged into golden records. */
export const hosts = {
  name: 'hosts',
  /** Turns a mapped row into the record that is stored; `_id` = `source:native id`. */
  understand(source: SourceDefinition, mapped: Mapped, row: number): Understood {
    const keys = identityKeys(source.vendor, mapped.id, mapped.observation);
    return {
      _id: `${source.name}:${mapped.id}`,
      row,
      observation: mapped.observation,
      keys,
      // The keys and the mapping's number are part of the hash: a rule that changes its meaning changes its records.
      hash: `${source.mapping}.${contentHash(mapped.observation, keys)}`,
    };
  },
};
