import type { ClientSession } from 'mongodb';
import type { Portrait } from '../host/golden/golden-host.js';
import type { Decision, Decisions, KeyVerdict } from '../host/identity/resolution.js';
import { COMPONENT_CAP } from '../host/identity/resolve.js';
import { dropComponents, largeParts } from './affected-parts.js';
import type { Store } from '../store/database.js';
import { decisionsAbout } from '../store/collections/decisions.js';
import { hostsOfRecords, portraitsOfRecords } from '../store/collections/hosts.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { Holders } from './key-holders.js';
import { anyKeyStates } from '../store/collections/key-states.js';
import type { KnownState } from '../store/documents/key-states.js';
import { closeOverLarge } from './large-components.js';
import { findRecords, type MergeRecord } from './records.js';

/** Everything that one batch of changed records can affect. */
export interface Closure {
  records: Map<string, MergeRecord>;
  hosts: Map<string, HostDoc>;
  /** The weak and cut ones among the records' keys. */
  states: Map<string, KeyVerdict>;
  /** States that are other than the store knows; all records that were settled with the old one are in the closure. */
  altered: Map<string, KnownState | undefined>;
  /** Keys of changed records: what they are worth another lane must not alter meanwhile. */
  relied: Set<string>;
  decisions: Map<string, Decision>;
  /** Records whose component is too large to be read whole: of it, only what strong keys tie to them is in the closure. */
  oversized: ReadonlySet<string>;
  /** Records, in it or not, that were read to know so: another lane must not settle them meanwhile. */
  looked: Set<string>;
  /** Some of the changed records are not in it: they come with another batch. */
  partial: boolean;
  /** Hosts outside of it whose records have changed in nothing that tells which machine they are. */
  refreshed: Map<string, { host: Portrait; members: MergeRecord[] }>;
}

export const emptyClosure = (): Closure => ({
  records: new Map(),
  hosts: new Map(),
  states: new Map(),
  altered: new Map(),
  relied: new Set(),
  decisions: new Map(),
  oversized: new Set(),
  looked: new Set(),
  partial: false,
  refreshed: new Map(),
});

/**
 * What `changed` records can affect: a closure over those that are unresolved, and the hosts of the others, whose records stay
 * together and apart as they were.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap?: number,
): Promise<Closure> {
  const light = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = light.size === 0 ? [] : await portraitsOfRecords(store, session, [...light.keys()]);
  const housed = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // One without a host was never resolved, whatever it says.
  const closure = await closeOver(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !housed.has(_id)),
    cap,
  );
  const others = hosts.filter(({ _id }) => !closure.hosts.has(_id));
  const missing = others.flatMap(({ sources }) => sources.map(({ record }) => record)).filter((id) => !light.has(id));
  const read = missing.length === 0 ? [] : await findRecords(store, session, missing);
  for (const record of read) light.set(record._id, record);
  for (const host of others) {
    const members = host.sources.flatMap(({ record }) => light.get(record) ?? []);
    closure.refreshed.set(host._id, { host, members });
  }
  return closure;
}

/** As many records as this times the cap are read before anybody asks whether a component is too large. */
const ROOM = 4;

/**
 * The fixpoint of: all holders of every key that a record has and that is not cut, those of keys that a changed record no
 * longer has, those of keys whose state has changed, members of the same host, and records that somebody decided to join.
 * Everything is read in the session's snapshot, so no record can slip in between two reads. Components of more than `cap`
 * records are left out, see `Closure.partial`; where nothing else has changed they are what it is about, see `closeOverLarge`.
 */
export async function closeOver(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<Closure> {
  if (changed.length === 0) return emptyClosure();
  const growing = await Growing.open(store, session);
  const { closure } = growing;
  const left = new Set<string>();
  let room = ROOM * cap;
  growing.include(changed);
  let frontier = [...changed];
  while (frontier.length > 0) {
    const { drawn, bound, hosts } = await growing.around(frontier);
    for (const record of bound) drawn.set(record._id, record);
    frontier = [...drawn.values()];
    growing.include(frontier);
    const large = hosts
      .filter(({ oversized }) => oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record));
    for (const { _id } of frontier) if (left.has(_id)) large.push(_id);
    if (closure.records.size > room) {
      large.push(...largeParts(closure, cap));
      room = 2 * closure.records.size;
    }
    if (large.length === 0) continue;
    for (const id of dropComponents(closure, large)) left.add(id);
    frontier = frontier.filter(({ _id }) => closure.records.has(_id));
  }
  closure.partial = left.size > 0;
  return closure.records.size > 0 ? closure : closeOverLarge(await Growing.open(store, session), changed, cap);
}

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
