import { contentHash } from '../host/hash.js';
import { identityKeys } from '../host/keys.js';
import type { SourceDefinition, Mapped } from '../sources/source.js';
import type { Understood } from '../store/records.js';

/** Hosts: recognised by their identity keys, merged into golden records. */
export const hosts = {
  name: 'hosts',
  /** Turns a mapped row into the record that is stored; `_id` = `source:native id`. */
  understand(source: SourceDefinition, mapped: Mapped, row: number): Understood {
    return {
      _id: `${source.name}:${mapped.id}`,
      row,
      observation: mapped.observation,
      keys: identityKeys(source.vendor, mapped.id, mapped.observation),
      // The mapping's number is part of the hash: a mapping that changes its meaning changes its records.
      hash: `${source.mapping}.${contentHash(mapped.observation)}`,
    };
  },
};
