import type { ClientSession } from 'mongodb';
import { factsOf, type Facts } from '../host/identity/facts.js';
import { limitOf, verdict } from '../host/identity/key-state.js';
import type { KeyVerdict } from '../host/identity/resolution.js';
import type { AffectedSet } from './affected-set.js';
import type { Store } from '../store/database.js';
import { knownState, readKeyStates, sameState } from '../store/collections/key-states.js';
import type { KnownState } from '../store/documents/key-states.js';
import { asMerged, findRecords, toHostRecord, type MergeRecord } from './records.js';

/** More holders than this in one look-up, and the popular keys among them are cut before the rest is read. */
const HOLDERS_AT_ONCE = 5_000;
const POPULAR: KnownState = { state: 'cut', why: 'holders' };

/** Which records hold the keys of an affected set, and what the keys are worth by that. Remembers what it has read. */
export class KeyHolders {
  /** Holders of keys, in the affected set or not. */
  private readonly known = new Map<string, { doc: MergeRecord; facts: Facts | undefined }>();
  /** Ids of the known ones, by key. */
  private readonly byKey = new Map<string, string[]>();
  private readonly lookedUp = new Set<string>();
  /** Their states were taken as the store knows them: until a changed record is met that holds them, or did. */
  private readonly taken = new Set<string>();
  /** Keys that changed records no longer have. */
  private readonly lost = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly session: ClientSession,
    private readonly affected: AffectedSet,
    /** Whether the store knows any key that is not good. */
    private readonly anyStates: boolean,
  ) {}

  include(record: MergeRecord): void {
    this.affected.records.set(record._id, record);
    this.remember(record);
  }

  /** Records outside the affected set that keys tie to the frontier. */
  async tiedTo(frontier: readonly MergeRecord[]): Promise<Map<string, MergeRecord>> {
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
        this.affected.states.set(key, state!);
        this.taken.add(key);
      } else open.push(key);
    }
    const popular = new Set<string>();
    await this.readHolders(open, popular);
    return this.judge(open, popular, before);
  }

  /** The holders of those of `keys` that are not cut by what they say now. The affected set learns nothing of it. */
  async uncut(keys: readonly string[]): Promise<MergeRecord[]> {
    const before = this.anyStates ? await readKeyStates(this.store, this.session, keys) : NO_STATES;
    const popular = new Set<string>();
    for (const key of keys) if (before.get(key)?.why === 'holders' && (await this.isPopular(key))) popular.add(key);
    await this.readHolders(
      keys.filter((key) => !popular.has(key)),
      popular,
    );
    const ids = new Set<string>();
    for (const key of keys) {
      const held = popular.has(key) ? [] : (this.byKey.get(key) ?? []);
      if (this.verdictOf(key, held)?.state !== 'cut') for (const id of held) ids.add(id);
    }
    return [...ids].map((id) => this.known.get(id)!.doc);
  }

  private keysOf(frontier: readonly MergeRecord[]) {
    const touched = new Set<string>();
    const fresh = new Set<string>();
    const look = (key: string) => {
      if (!this.lookedUp.has(key)) fresh.add(key);
      this.lookedUp.add(key);
    };
    const touch = (key: string) => {
      touched.add(key);
      this.affected.readKeys.add(key);
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
    const held = new Set(keys.flatMap((key) => this.byKey.get(key) ?? []));
    const found = await this.store.records
      .find<MergeRecord>(
        { keys: { $in: [...keys] }, ...(held.size === 0 ? {} : { _id: { $nin: [...held] } }) },
        { ...asMerged(this.session), hint: { keys: 1 }, limit: HOLDERS_AT_ONCE },
      )
      .batchSize(1_000)
      .toArray();
    const asked = new Set(keys);
    const degree = new Map(keys.map((key) => [key, this.byKey.get(key)?.length ?? 0]));
    for (const doc of found) for (const key of doc.keys) if (asked.has(key)) degree.set(key, degree.get(key)! + 1);
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
  ): Promise<Map<string, MergeRecord>> {
    const { affected } = this;
    const linkedByKey = new Map<string, MergeRecord>();
    const draw = (doc: MergeRecord) => {
      if (!affected.records.has(doc._id)) linkedByKey.set(doc._id, doc);
    };
    const newlyPopular: string[] = [];
    for (const key of keys) {
      const held = popular.has(key) ? [] : (this.byKey.get(key) ?? []);
      const found = popular.has(key) ? POPULAR : this.verdictOf(key, held);
      const state = found && knownState(found);
      if (state) affected.states.set(key, state);
      else affected.states.delete(key);
      const altered = !sameState(state, before.get(key));
      if (altered) affected.altered.set(key, state);
      if (altered && popular.has(key)) newlyPopular.push(key);
      if (altered || state?.state !== 'cut') for (const id of held) draw(this.known.get(id)!.doc);
    }
    for (const doc of await this.settledHolders(newlyPopular)) draw(doc);
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

  /** Those that were settled while the keys still counted: at most as many as their limit allowed. */
  private async settledHolders(keys: readonly string[]): Promise<MergeRecord[]> {
    if (keys.length === 0) return [];
    const docs = await this.store.records
      .find<MergeRecord>(
        { keys: { $in: [...keys] }, unresolved: { $exists: false } },
        { ...asMerged(this.session), hint: { keys: 1 } },
      )
      .toArray();
    for (const doc of docs) this.remember(doc);
    return docs;
  }

  /** Records by id, among those known or from the store. */
  async records(ids: readonly string[]): Promise<MergeRecord[]> {
    const missing = ids.filter((id) => !this.known.has(id));
    const read = missing.length === 0 ? [] : await findRecords(this.store, this.session, missing);
    return [...ids.flatMap((id) => this.known.get(id)?.doc ?? []), ...read];
  }

  private remember(doc: MergeRecord): void {
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
