import { emptyAffectedSet } from './affected-set.js';
import type { ClientSession } from 'mongodb';
import type { Decisions } from '../host/identity/resolution.js';
import type { Store } from '../store/database.js';
import { decisionsAbout } from '../store/collections/decisions.js';
import { hostsOfRecords } from '../store/collections/hosts.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { KeyHolders } from './key-holders.js';
import { anyKeyStates } from '../store/collections/key-states.js';
import { type MergeRecord } from './records.js';

/** Builds an affected set step by step, and caches the records that it has read. */
export class AffectedSetBuilder {
  readonly affected = emptyAffectedSet();
  readonly holders: KeyHolders;

  private constructor(
    private readonly store: Store,
    private readonly session: ClientSession,
    anyStates: boolean,
    private readonly anyDecisions: boolean,
  ) {
    this.holders = new KeyHolders(store, session, this.affected, anyStates);
  }

  static async open(store: Store, session: ClientSession): Promise<AffectedSetBuilder> {
    const anyStates = await anyKeyStates(store, session);
    const anyDecisions = (await store.decisions.findOne({}, { session, projection: { _id: 1 } })) !== null;
    return new AffectedSetBuilder(store, session, anyStates, anyDecisions);
  }

  include(records: readonly MergeRecord[]): void {
    for (const record of records) this.holders.include(record);
  }

  /**
   * The records linked to `frontier` that are not in the affected set yet: `linkedByKey`, and `linkedByHost` (by a host of
   * `hosts` or by a decision). A record may be in both.
   */
  async around(
    frontier: readonly MergeRecord[],
  ): Promise<{ linkedByKey: Map<string, MergeRecord>; linkedByHost: MergeRecord[]; hosts: HostDoc[] }> {
    const { affected, holders } = this;
    const linkedByKey = await holders.linkedTo(frontier);
    const ids = frontier.map(({ _id }) => _id);
    const hosts = (await this.hostsOf(ids)).filter(({ _id }) => !affected.hosts.has(_id));
    const linked = new Set<string>();
    for (const host of hosts) {
      affected.hosts.set(host._id, host);
      for (const { record } of host.sources) linked.add(record);
    }
    for (const decision of await this.decisionsAbout(ids)) {
      affected.decisions.set(JSON.stringify(decision), decision);
      if (decision.kind === 'join') for (const id of decision.records) linked.add(id);
    }
    for (const id of affected.records.keys()) linked.delete(id);
    return { linkedByKey, linkedByHost: await holders.records([...linked]), hosts };
  }

  hostsOf(records: readonly string[]): Promise<HostDoc[]> {
    return hostsOfRecords(this.store, this.session, records);
  }

  async decisionsAbout(records: readonly string[]): Promise<Decisions> {
    return this.anyDecisions ? decisionsAbout(this.store, this.session, records) : [];
  }
}
