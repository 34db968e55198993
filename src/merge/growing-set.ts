import { emptyClosure } from './affected-set.js';
import type { ClientSession } from 'mongodb';
import type { Decisions } from '../host/identity/resolution.js';
import type { Store } from '../store/database.js';
import { decisionsAbout } from '../store/collections/decisions.js';
import { hostsOfRecords } from '../store/collections/hosts.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { Holders } from './key-holders.js';
import { anyKeyStates } from '../store/collections/key-states.js';
import { type MergeRecord } from './records.js';

/** A closure that grows, and what was read for it. */
export class Growing {
  readonly closure = emptyClosure();
  readonly holders: Holders;

  private constructor(
    private readonly store: Store,
    private readonly session: ClientSession,
    anyStates: boolean,
    private readonly anyDecisions: boolean,
  ) {
    this.holders = new Holders(store, session, this.closure, anyStates);
  }

  static async open(store: Store, session: ClientSession): Promise<Growing> {
    const anyStates = await anyKeyStates(store, session);
    const anyDecisions = (await store.decisions.findOne({}, { session, projection: { _id: 1 } })) !== null;
    return new Growing(store, session, anyStates, anyDecisions);
  }

  include(records: readonly MergeRecord[]): void {
    for (const record of records) this.holders.include(record);
  }

  /** What hangs together with records of the closure and is not in it: `drawn` by keys; `bound` by their `hosts` or by decisions, maybe both. */
  async around(
    frontier: readonly MergeRecord[],
  ): Promise<{ drawn: Map<string, MergeRecord>; bound: MergeRecord[]; hosts: HostDoc[] }> {
    const { closure, holders } = this;
    const drawn = await holders.tiedTo(frontier);
    const ids = frontier.map(({ _id }) => _id);
    const hosts = (await this.hostsOf(ids)).filter(({ _id }) => !closure.hosts.has(_id));
    const wanted = new Set<string>();
    for (const host of hosts) {
      closure.hosts.set(host._id, host);
      for (const { record } of host.sources) wanted.add(record);
    }
    for (const decision of await this.decisionsAbout(ids)) {
      closure.decisions.set(JSON.stringify(decision), decision);
      if (decision.kind === 'join') for (const id of decision.records) wanted.add(id);
    }
    for (const id of closure.records.keys()) wanted.delete(id);
    return { drawn, bound: await holders.records([...wanted]), hosts };
  }

  hostsOf(records: readonly string[]): Promise<HostDoc[]> {
    return hostsOfRecords(this.store, this.session, records);
  }

  async decisionsAbout(records: readonly string[]): Promise<Decisions> {
    return this.anyDecisions ? decisionsAbout(this.store, this.session, records) : [];
  }
}
