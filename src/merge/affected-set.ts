import type { HostAttributes } from '../host/golden/golden-host.js';
import type { Decision, KeyVerdict } from '../host/identity/resolution.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { KnownState } from '../store/documents/key-states.js';
import { type MergeRecord } from './records.js';

/** All records and hosts that one batch of changed records can affect. */
export interface AffectedSet {
  records: Map<string, MergeRecord>;
  hosts: Map<string, HostDoc>;
  /** States of the records' keys that are weak or suppressed; keys without an entry are good. */
  states: Map<string, KeyVerdict>;
  /** Key states that differ from the stored ones. Every record that was resolved with an old state is in the affected set. */
  altered: Map<string, KnownState | undefined>;
  /** Keys of changed records. No other merge worker may change their states until this batch is written. */
  readKeys: Set<string>;
  decisions: Map<string, Decision>;
  /**
   * Records whose component is too large to read completely. The affected set contains only those records of the component
   * that strong keys link.
   */
  oversized: ReadonlySet<string>;
  /** Records that were read to measure such components. No other merge worker may resolve them until this batch is written. */
  readRecords: Set<string>;
  /** Some of the changed records were omitted and are left for another batch. */
  partial: boolean;
  /** Hosts outside the affected set whose records changed only in values that identity resolution does not use. */
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
