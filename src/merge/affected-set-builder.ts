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

/** Builds an affected set: adds what hangs together with it, and keeps what it has read. */
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

  /** What hangs together with records of the affected set and is not in it: `linkedByKey`, or `linkedByHost`: by a host of `hosts` or by a decision. A record may be in both. */
  async around(
    frontier: readonly MergeRecord[],
  ): Promise<{ linkedByKey: Map<string, MergeRecord>; linkedByHost: MergeRecord[]; hosts: HostDoc[] }> {
    const { affected, holders } = this;
    const linkedByKey = await holders.tiedTo(frontier);
    const ids = frontier.map(({ _id }) => _id);
    const hosts = (await this.hostsOf(ids)).filter(({ _id }) => !affected.hosts.has(_id));
    const wanted = new Set<string>();
    for (const host of hosts) {
      affected.hosts.set(host._id, host);
      for (const { record } of host.sources) wanted.add(record);
    }
    for (const decision of await this.decisionsAbout(ids)) {
      affected.decisions.set(JSON.stringify(decision), decision);
      if (decision.kind === 'join') for (const id of decision.records) wanted.add(id);
    }
    for (const id of affected.records.keys()) wanted.delete(id);
    return { linkedByKey, linkedByHost: await holders.records([...wanted]), hosts };
  }

  hostsOf(records: readonly string[]): Promise<HostDoc[]> {
    return hostsOfRecords(this.store, this.session, records);
  }

  async decisionsAbout(records: readonly string[]): Promise<Decisions> {
    return this.anyDecisions ? decisionsAbout(this.store, this.session, records) : [];
  }
}
