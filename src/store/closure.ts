import type { ClientSession } from 'mongodb';
import { factsOf, type Facts } from '../host/facts.js';
import { limitOf, verdict } from '../host/key-state.js';
import type { Decision, KeyVerdict } from '../host/types.js';
import type { Store } from './database.js';
import { decisionsAbout } from './decisions.js';
import type { HostDoc } from './hosts.js';
import { anyKeyStates, knownState, readKeyStates, sameState, type KnownState } from './key-states.js';
import { toHostRecord, type RecordDoc } from './records.js';

/** Everything that one batch of changed records can affect. */
export interface Closure {
  records: Map<string, RecordDoc>;
  hosts: Map<string, HostDoc>;
  /** The weak and cut ones among the records' keys. */
  states: Map<string, KeyVerdict>;
  /** States that are other than the store knows; all records that were settled with the old one are in the closure. */
  altered: Map<string, KnownState | undefined>;
  /** Keys of changed records: what they are worth another lane must not alter meanwhile. */
  relied: Set<string>;
  decisions: Map<string, Decision>;
  /** Hosts outside of it whose records have changed in nothing that tells which machine they are. */
  refreshed: Map<string, { host: HostDoc; members: RecordDoc[] }>;
}

/** More holders than this in one look-up, and the popular keys among them are cut before the rest is read. */
const HOLDERS_AT_ONCE = 5_000;
const POPULAR: KnownState = { state: 'cut', why: 'holders' };

/**
 * What `changed` records can affect: a closure over those that are unresolved, and the hosts of the others, whose records stay
 * together and apart as they were.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly RecordDoc[],
): Promise<Closure> {
  const light = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = light.size === 0 ? [] : await findHosts(store, session, [...light.keys()]);
  const housed = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // One without a host was never resolved, whatever it says.
  const closure = await closeOver(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !housed.has(_id)),
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

/**
 * The fixpoint of: all holders of every key that a record has and that is not cut, those of keys that a changed record no
 * longer has, those of keys whose state has changed, members of the same host, and records that somebody decided to join.
 * Everything is read in the session's snapshot, so no record can slip in between two reads.
 */
export async function closeOver(store: Store, session: ClientSession, changed: readonly RecordDoc[]): Promise<Closure> {
  const reading = new Reading(store, session, await anyKeyStates(store, session));
  const decided = (await store.decisions.findOne({}, { session, projection: { _id: 1 } })) !== null;
  const { closure } = reading;
  let frontier = [...changed];
  while (frontier.length > 0) {
    for (const record of frontier) reading.include(record);
    const drawn = await reading.tiedTo(frontier);
    const wanted = new Set<string>();
    for (const host of await readHosts(store, session, frontier, closure))
      for (const { record } of host.sources) wanted.add(record);
    if (decided)
      for (const decision of await decisionsAbout(
        store,
        session,
        [...frontier].map(({ _id }) => _id),
      )) {
        closure.decisions.set(JSON.stringify(decision), decision);
        if (decision.kind === 'join') for (const id of decision.records) wanted.add(id);
      }
    for (const id of drawn.keys()) wanted.delete(id);
    for (const id of closure.records.keys()) wanted.delete(id);
    frontier = [...drawn.values(), ...(await reading.records([...wanted]))];
  }
  return closure;
}

/** What has been read so far, and which keys have been looked up. */
class Reading {
  readonly closure: Closure = {
    records: new Map(),
    hosts: new Map(),
    states: new Map(),
    altered: new Map(),
    relied: new Set(),
    decisions: new Map(),
    refreshed: new Map(),
  };
  /** Holders of keys, in the closure or not. */
  private readonly known = new Map<string, { doc: RecordDoc; facts: Facts | undefined }>();
  private readonly lookedUp = new Set<string>();
  /** Their states were taken as the store knows them: until a changed record is met that holds them, or did. */
  private readonly taken = new Set<string>();
  /** Keys that changed records no longer have. */
  private readonly lost = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly session: ClientSession,
    private readonly anyStates: boolean,
  ) {}

  include(record: RecordDoc): void {
    this.closure.records.set(record._id, record);
    this.remember(record);
  }

  /** Records outside the closure that keys tie to the frontier. */
  async tiedTo(frontier: readonly RecordDoc[]): Promise<Map<string, RecordDoc>> {
    const { touched, fresh } = this.keysOf(frontier);
    const before = this.anyStates ? await readKeyStates(this.store, this.session, [...fresh]) : NO_STATES;
    const open: string[] = [];
    for (const key of fresh) {
      const state = before.get(key);
      // More holders cannot make a popular key rare again; only a record that has lost it can.
      const stands =
        state?.why === 'holders'
          ? !this.lost.has(key) || (await this.isPopular(key))
          : state?.state === 'cut' && !touched.has(key);
      if (stands) {
        this.closure.states.set(key, state!);
        this.taken.add(key);
      } else open.push(key);
    }
    const popular = new Set<string>();
    await this.readHolders(open, popular);
    return this.judge(open, popular, before);
  }

  private keysOf(frontier: readonly RecordDoc[]) {
    const touched = new Set<string>();
    const fresh = new Set<string>();
    const look = (key: string) => {
      if (!this.lookedUp.has(key)) fresh.add(key);
      this.lookedUp.add(key);
    };
    const touch = (key: string) => {
      touched.add(key);
      this.closure.relied.add(key);
      if (this.taken.delete(key)) fresh.add(key);
      look(key);
    };
    for (const { keys, prior_keys: prior = [], unresolved } of frontier) {
      for (const key of keys) (unresolved ? touch : look)(key);
      if (!unresolved) continue;
      for (const key of prior) {
        this.lost.add(key);
        touch(key);
      }
    }
    return { touched, fresh };
  }

  private async isPopular(key: string): Promise<boolean> {
    const limit = limitOf(key) + 1;
    const { store, session } = this;
    return (await store.records.countDocuments({ keys: key }, { session, hint: { keys: 1 }, limit })) === limit;
  }

  /** Reads the holders of `keys`, except of those that turn out to be `popular`. */
  private async readHolders(keys: readonly string[], popular: Set<string>): Promise<void> {
    if (keys.length === 0) return;
    // What is known is counted here: reading it once more would be most of the work.
    const found = await this.store.records
      .find(
        { keys: { $in: [...keys] }, _id: { $nin: [...this.known.keys()] } },
        { session: this.session, hint: { keys: 1 }, limit: HOLDERS_AT_ONCE },
      )
      .batchSize(1_000)
      .toArray();
    const asked = new Set(keys);
    const degree = new Map<string, number>();
    const count = ({ keys: held }: RecordDoc) => {
      for (const key of held) if (asked.has(key)) degree.set(key, (degree.get(key) ?? 0) + 1);
    };
    for (const { doc } of this.known.values()) count(doc);
    for (const doc of found) count(doc);
    for (const [key, holders] of degree) if (holders > limitOf(key)) popular.add(key);
    if (found.length < HOLDERS_AT_ONCE) {
      for (const doc of found) if (doc.keys.some((key) => asked.has(key) && !popular.has(key))) this.remember(doc);
      return;
    }
    const rest = keys.filter((key) => !popular.has(key));
    const half = rest.length < keys.length ? rest.length : Math.ceil(rest.length / 2);
    await this.readHolders(rest.slice(0, half), popular);
    await this.readHolders(rest.slice(half), popular);
  }

  /** Finds out what each key is worth by now, and which holders that draws in. */
  private async judge(
    keys: readonly string[],
    popular: ReadonlySet<string>,
    before: ReadonlyMap<string, KnownState>,
  ): Promise<Map<string, RecordDoc>> {
    const { closure } = this;
    const drawn = new Map<string, RecordDoc>();
    const draw = (doc: RecordDoc) => {
      if (!closure.records.has(doc._id)) drawn.set(doc._id, doc);
    };
    const holders = this.holdersOf(keys, popular);
    const newlyPopular: string[] = [];
    for (const key of keys) {
      const held = holders.get(key) ?? [];
      const found = popular.has(key) ? POPULAR : this.verdictOf(key, held);
      const state = found && knownState(found);
      if (state) closure.states.set(key, state);
      else closure.states.delete(key);
      const altered = !sameState(state, before.get(key));
      if (altered) closure.altered.set(key, state);
      if (altered && popular.has(key)) newlyPopular.push(key);
      if (altered || state?.state !== 'cut') for (const id of held) draw(this.known.get(id)!.doc);
    }
    for (const doc of await this.settledHolders(newlyPopular)) draw(doc);
    return drawn;
  }

  private holdersOf(keys: readonly string[], popular: ReadonlySet<string>): Map<string, string[]> {
    const holders = new Map<string, string[]>();
    const asked = new Set(keys);
    for (const [id, { doc }] of this.known) {
      for (const key of doc.keys) {
        if (!asked.has(key) || popular.has(key)) continue;
        const known = holders.get(key);
        if (known) known.push(id);
        else holders.set(key, [id]);
      }
    }
    return holders;
  }

  private verdictOf(key: string, holders: readonly string[]): KeyVerdict | undefined {
    if (holders.length < 2) return undefined;
    const facts = holders.map((id) => {
      const entry = this.known.get(id)!;
      return (entry.facts ??= factsOf(toHostRecord(entry.doc)));
    });
    return verdict(key, facts);
  }

  /** Those that were settled while the keys still counted: at most as many as their limit allowed. */
  private async settledHolders(keys: readonly string[]): Promise<RecordDoc[]> {
    if (keys.length === 0) return [];
    const docs = await this.store.records
      .find({ keys: { $in: [...keys] }, unresolved: { $exists: false } }, { session: this.session, hint: { keys: 1 } })
      .toArray();
    for (const doc of docs) this.remember(doc);
    return docs;
  }

  /** Records by id, among those known or from the store. */
  async records(ids: readonly string[]): Promise<RecordDoc[]> {
    const missing = ids.filter((id) => !this.known.has(id));
    const read = missing.length === 0 ? [] : await findRecords(this.store, this.session, missing);
    return [...ids.flatMap((id) => this.known.get(id)?.doc ?? []), ...read];
  }

  private remember(doc: RecordDoc): void {
    if (!this.known.has(doc._id)) this.known.set(doc._id, { doc, facts: undefined });
  }
}

const NO_STATES: ReadonlyMap<string, KnownState> = new Map();

/** Hosts of the records, as far as they have not been read. */
async function readHosts(
  store: Store,
  session: ClientSession,
  records: readonly RecordDoc[],
  closure: Closure,
): Promise<HostDoc[]> {
  const found = await findHosts(
    store,
    session,
    records.map(({ _id }) => _id),
  );
  const fresh = found.filter(({ _id }) => !closure.hosts.has(_id));
  for (const host of fresh) closure.hosts.set(host._id, host);
  return fresh;
}

function findHosts(store: Store, session: ClientSession, records: readonly string[]): Promise<HostDoc[]> {
  return store.hosts
    .find({ 'sources.record': { $in: [...records] } }, { session })
    .batchSize(1_000)
    .toArray();
}

function findRecords(store: Store, session: ClientSession, ids: readonly string[]): Promise<RecordDoc[]> {
  return store.records
    .find({ _id: { $in: [...ids] } }, { session })
    .batchSize(1_000)
    .toArray();
}
