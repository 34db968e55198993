import type { ClientSession } from 'mongodb';
import { factsOf, type Facts } from '../host/identity/facts.js';
import { knownState, limitOf, verdict } from '../host/identity/key-state.js';
import type { KeyVerdict } from '../host/identity/resolution.js';
import type { AffectedSet } from './affected-set.js';
import type { Store } from '../store/database.js';
import { readKeyStates, sameState } from '../store/collections/key-states.js';
import type { KnownState } from '../store/documents/key-states.js';
import { asMerged, findRecords, toHostRecord, type MergeRecord } from './records.js';

/**
 * Maximum number of holders that one query reads. If a query finds more, keys over their limit are suppressed before the
 * other holders are read.
 */
const HOLDERS_AT_ONCE = 5_000;
const POPULAR: KnownState = { state: 'suppressed', why: 'holders' };

/**
 * Finds the records that have the keys of an affected set, and the state of each key. Caches the records that it has read.
 */
export class KeyHolders {
  /** Holders of keys, both in the affected set and outside. */
  private readonly known = new Map<string, { doc: MergeRecord; facts: Facts | undefined }>();
  /** Ids of the known holders, by key. */
  private readonly byKey = new Map<string, string[]>();
  private readonly lookedUp = new Set<string>();
  /** Keys whose stored state is used, unless a changed record is found that has or had the key. */
  private readonly stored = new Set<string>();
  /** Keys that changed records no longer have. */
  private readonly lost = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly session: ClientSession,
    private readonly affected: AffectedSet,
    /** Whether the store has any key state, that is, any weak or suppressed key. */
    private readonly anyStates: boolean,
  ) {}

  include(record: MergeRecord): void {
    this.affected.records.set(record._id, record);
    this.cache(record);
  }

  /** Records outside the affected set that keys link to `frontier`. */
  async linkedTo(frontier: readonly MergeRecord[]): Promise<Map<string, MergeRecord>> {
    const { touched, fresh } = this.keysOf(frontier);
    const before = this.anyStates ? await readKeyStates(this.store, this.session, [...fresh]) : NO_STATES;
    const toCheck: string[] = [];
    for (const key of fresh) {
      const state = before.get(key);
      // New holders cannot bring a popular key below its limit again; only a record that has lost the key can.
      const unchanged =
        state?.why === 'holders'
          ? !this.lost.has(key) || (await this.isPopular(key))
          : state?.state === 'suppressed' && !touched.has(key);
      if (unchanged) {
        this.affected.states.set(key, state!);
        this.stored.add(key);
      } else toCheck.push(key);
    }
    const popular = new Set<string>();
    await this.readHolders(toCheck, popular);
    return this.updateStates(toCheck, popular, before);
  }

  /**
   * The holders of the `keys` that are not suppressed according to their current holders. Does not change the affected set.
   */
  async unsuppressedHolders(keys: readonly string[]): Promise<MergeRecord[]> {
    const before = this.anyStates ? await readKeyStates(this.store, this.session, keys) : NO_STATES;
    const popular = new Set<string>();
    for (const key of keys) if (before.get(key)?.why === 'holders' && (await this.isPopular(key))) popular.add(key);
    await this.readHolders(
      keys.filter((key) => !popular.has(key)),
      popular,
    );
    const ids = new Set<string>();
    for (const key of keys) {
      const holderIds = popular.has(key) ? [] : (this.byKey.get(key) ?? []);
      if (this.verdictOf(key, holderIds)?.state !== 'suppressed') for (const id of holderIds) ids.add(id);
    }
    return [...ids].map((id) => this.known.get(id)!.doc);
  }

  private keysOf(frontier: readonly MergeRecord[]) {
    const touched = new Set<string>();
    const fresh = new Set<string>();
    const add = (key: string) => {
      if (!this.lookedUp.has(key)) fresh.add(key);
      this.lookedUp.add(key);
    };
    const touch = (key: string) => {
      touched.add(key);
      this.affected.readKeys.add(key);
      if (this.stored.delete(key)) fresh.add(key);
      add(key);
    };
    for (const { keys, prior_keys: prior = [], unresolved } of frontier) {
      for (const key of keys) (unresolved ? touch : add)(key);
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

  /** Reads the holders of `keys`. Keys with more holders than their limit are added to `popular` instead. */
  private async readHolders(keys: readonly string[], popular: Set<string>): Promise<void> {
    if (keys.length === 0) return;
    // Known holders are counted from the cache, because reading them again would be most of the work.
    const holderIds = new Set(keys.flatMap((key) => this.byKey.get(key) ?? []));
    const found = await this.store.records
      .find<MergeRecord>(
        { keys: { $in: [...keys] }, ...(holderIds.size === 0 ? {} : { _id: { $nin: [...holderIds] } }) },
        { ...asMerged(this.session), hint: { keys: 1 }, limit: HOLDERS_AT_ONCE },
      )
      .batchSize(1_000)
      .toArray();
    const asked = new Set(keys);
    const degree = new Map(keys.map((key) => [key, this.byKey.get(key)?.length ?? 0]));
    for (const doc of found) for (const key of doc.keys) if (asked.has(key)) degree.set(key, degree.get(key)! + 1);
    for (const [key, holders] of degree) if (holders > limitOf(key)) popular.add(key);
    if (found.length < HOLDERS_AT_ONCE) {
      for (const doc of found) if (doc.keys.some((key) => asked.has(key) && !popular.has(key))) this.cache(doc);
      return;
    }
    const rest = keys.filter((key) => !popular.has(key));
    const half = rest.length < keys.length ? rest.length : Math.ceil(rest.length / 2);
    await this.readHolders(rest.slice(0, half), popular);
    await this.readHolders(rest.slice(half), popular);
  }

  /**
   * Determines the current state of each key, and returns the holders that belong to the affected set because of this
   * state.
   */
  private async updateStates(
    keys: readonly string[],
    popular: ReadonlySet<string>,
    before: ReadonlyMap<string, KnownState>,
  ): Promise<Map<string, MergeRecord>> {
    const { affected } = this;
    const linkedByKey = new Map<string, MergeRecord>();
    const include = (doc: MergeRecord) => {
      if (!affected.records.has(doc._id)) linkedByKey.set(doc._id, doc);
    };
    const newlyPopular: string[] = [];
    for (const key of keys) {
      const holderIds = popular.has(key) ? [] : (this.byKey.get(key) ?? []);
      const found = popular.has(key) ? POPULAR : this.verdictOf(key, holderIds);
      const state = found && knownState(found);
      if (state) affected.states.set(key, state);
      else affected.states.delete(key);
      const altered = !sameState(state, before.get(key));
      if (altered) affected.altered.set(key, state);
      if (altered && popular.has(key)) newlyPopular.push(key);
      if (altered || state?.state !== 'suppressed') for (const id of holderIds) include(this.known.get(id)!.doc);
    }
    for (const doc of await this.resolvedHolders(newlyPopular)) include(doc);
    return linkedByKey;
  }

  private verdictOf(key: string, holders: readonly string[]): KeyVerdict | undefined {
    if (holders.length < 2) return undefined;
    const facts = holders.map((id) => {
      const entry = this.known.get(id)!;
      return (entry.facts ??= factsOf(toHostRecord(entry.doc)));
    });
    return verdict(key, facts);
  }

  /** Holders that were resolved before the keys were suppressed: at most as many as the keys' limits allow. */
  private async resolvedHolders(keys: readonly string[]): Promise<MergeRecord[]> {
    if (keys.length === 0) return [];
    const docs = await this.store.records
      .find<MergeRecord>(
        { keys: { $in: [...keys] }, unresolved: { $exists: false } },
        { ...asMerged(this.session), hint: { keys: 1 } },
      )
      .toArray();
    for (const doc of docs) this.cache(doc);
    return docs;
  }

  /** Records by id, from the cache or the store. */
  async records(ids: readonly string[]): Promise<MergeRecord[]> {
    const missing = ids.filter((id) => !this.known.has(id));
    const read = missing.length === 0 ? [] : await findRecords(this.store, this.session, missing);
    return [...ids.flatMap((id) => this.known.get(id)?.doc ?? []), ...read];
  }

  private cache(doc: MergeRecord): void {
    if (this.known.has(doc._id)) return;
    this.known.set(doc._id, { doc, facts: undefined });
    for (const key of doc.keys) {
      const holders = this.byKey.get(key);
      if (holders) holders.push(doc._id);
      else this.byKey.set(key, [doc._id]);
    }
  }
}

const NO_STATES: ReadonlyMap<string, KnownState> = new Map();
