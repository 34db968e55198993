import type { HostAttributes } from '../host/golden/golden-host.js';
import type { Decision, KeyVerdict } from '../host/identity/resolution.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { KnownState } from '../store/documents/key-states.js';
import { type MergeRecord } from './records.js';

/** Everything that one batch of changed records can affect. */
export interface AffectedSet {
  records: Map<string, MergeRecord>;
  hosts: Map<string, HostDoc>;
  /** The weak and cut ones among the records' keys. */
  states: Map<string, KeyVerdict>;
  /** States that are other than the store knows; all records that were settled with the old one are in the affected set. */
  altered: Map<string, KnownState | undefined>;
  /** Keys of changed records: what they are worth another lane must not alter meanwhile. */
  readKeys: Set<string>;
  decisions: Map<string, Decision>;
  /** Records whose component is too large to be read whole: of it, only what strong keys tie to them is in the affected set. */
  oversized: ReadonlySet<string>;
  /** Records, in it or not, that were read to know so: another lane must not settle them meanwhile. */
  readRecords: Set<string>;
  /** Some of the changed records are not in it: they come with another batch. */
  partial: boolean;
  /** Hosts outside of it whose records have changed in nothing that tells which machine they are. */
  refreshed: Map<string, { host: HostAttributes; members: MergeRecord[] }>;
}

export const emptyAffectedSet = (): AffectedSet => ({
  records: new Map(),
  hosts: new Map(),
  states: new Map(),
  altered: new Map(),
  readKeys: new Set(),
  decisions: new Map(),
  oversized: new Set(),
  readRecords: new Set(),
  partial: false,
  refreshed: new Map(),
});
