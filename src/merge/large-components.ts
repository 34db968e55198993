import { isStrong } from '../host/identity/facts.js';
import { COMPONENT_CAP } from '../host/identity/resolve.js';
import type { AffectedSet } from './affected-set.js';
import type { AffectedSetBuilder } from './affected-set-builder.js';
import type { MergeRecord } from './records.js';

/** A transaction is not to live much longer. */
const BUDGET_MS = 3_000;
const QUICK_MS = 100;
const MOST_AT_ONCE = 100;

/**
 * What `changed` records of components with more than `cap` records can affect. Such a component is resolved by strong keys
 * alone, so of it is read
 *
 * - at most `cap` records and one, to know that it is one (a component that has become smaller is taken whole);
 * - what strong keys tie to the changed records, and who shares a key that they have lost or whose worth has changed;
 * - where it has grown over the cap, the records that were resolved by all keys before.
 *
 * Which these are is told by their hosts (`oversized`). Records that wait for their own turn are left to it. When the time is
 * up, so are the rest of `changed`.
 */
export async function affectedSetOfLarge(
  growing: AffectedSetBuilder,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<AffectedSet> {
  const { affected } = growing;
  const extent = new Extent(growing, cap);
  const until = Date.now() + BUDGET_MS;
  let next = 0;
  for (let atOnce = 1; next < changed.length && Date.now() < until;) {
    const started = Date.now();
    await takeIn(growing, extent, changed.slice(next, next + atOnce));
    next += atOnce;
    atOnce = Date.now() - started < QUICK_MS ? Math.min(2 * atOnce, MOST_AT_ONCE) : Math.ceil(atOnce / 2);
  }
  affected.partial = next < changed.length;
  affected.oversized = new Set([...affected.records.keys()].filter((id) => !extent.small.has(id)));
  return affected;
}

async function takeIn(growing: AffectedSetBuilder, extent: Extent, starts: readonly MergeRecord[]): Promise<void> {
  const { affected } = growing;
  let wave = starts.filter(({ _id }) => !affected.records.has(_id));
  growing.include(wave);
  while (wave.length > 0) {
    const { linkedByKey, linkedByHost } = await growing.around(wave);
    for (const id of linkedByKey.keys()) affected.readRecords.add(id);
    const housed = new Set([...affected.hosts.values()].flatMap(({ sources }) => sources.map(({ record }) => record)));
    const next = new Map(linkedByHost.map((record) => [record._id, record]));
    for (const start of wave) {
      const whole = await extent.find(start, isNew(start) && !housed.has(start._id));
      for (const record of whole) next.set(record._id, record);
    }
    for (const record of await wanted(growing, extent, wave, [...linkedByKey.values()])) next.set(record._id, record);
    wave = [...next.values()].filter(({ _id }) => !affected.records.has(_id));
    growing.include(wave);
  }
}

const isNew = ({ unresolved, prior_keys: prior }: MergeRecord) => unresolved === true && prior === undefined;

/** Which of the records that keys tie to the wave have to be settled with it. */
async function wanted(
  growing: AffectedSetBuilder,
  extent: Extent,
  wave: readonly MergeRecord[],
  linkedByKey: readonly MergeRecord[],
): Promise<MergeRecord[]> {
  const { affected } = growing;
  const lost = new Set(wave.flatMap(({ unresolved, prior_keys: prior = [] }) => (unresolved ? prior : [])));
  const holder = new Map(wave.flatMap((record) => record.keys.map((key) => [key, record._id])));
  const settled = linkedByKey.filter(({ unresolved }) => !unresolved).map(({ _id }) => _id);
  const oversized = new Set(
    (settled.length === 0 ? [] : await growing.hostsOf(settled))
      .filter((host) => host.oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record)),
  );
  return linkedByKey.filter((doc) => {
    const tie = doc.keys.find((key) => holder.has(key) && affected.states.get(key)?.state !== 'cut');
    // Tied by a key that counts: of one component.
    if (tie !== undefined) extent.spread(holder.get(tie)!, doc._id);
    if (doc.keys.some((key) => lost.has(key) || affected.altered.has(key))) return true;
    if (extent.small.has(doc._id) || (!doc.unresolved && !oversized.has(doc._id))) return true;
    return doc.keys.some((key) => isStrong(key) && holder.has(key) && affected.states.get(key)?.state !== 'cut');
  });
}

/** How large the components of records are. */
class Extent {
  /** Records of components that were seen whole. */
  readonly small = new Set<string>();
  /** Records of components that were seen to be too large. */
  private readonly large = new Set<string>();
  /** Records of components that their neighbours' hosts say to be too large. */
  private readonly told = new Set<string>();

  constructor(
    private readonly growing: AffectedSetBuilder,
    private readonly cap: number,
  ) {}

  /** What is known of `from` holds for `to`. */
  spread(from: string, to: string): void {
    for (const known of [this.small, this.large, this.told]) if (known.has(from)) known.add(to);
  }

  /**
   * Finds out by reading the component; returns all of it where it is small. `trusting`: a neighbour whose host was resolved as part of one that is too large is
   * enough; where something has been taken away it is not. Should that be another record's doing, it will find out itself.
   */
  async find(start: MergeRecord, trusting: boolean): Promise<Iterable<MergeRecord>> {
    const known = (id: string) => this.large.has(id) || (trusting && this.told.has(id));
    if (this.small.has(start._id) || known(start._id)) return [];
    const seen = new Map([[start._id, start]]);
    const asked = new Set<string>();
    for (let frontier = [start]; frontier.length > 0;) {
      if (seen.size > this.cap || frontier.some(({ _id }) => this.large.has(_id))) return addAll(this.large, seen);
      if (trusting && (await this.isTold(frontier))) return addAll(this.told, seen);
      frontier = (await this.neighbours(frontier, asked)).filter(({ _id }) => !seen.has(_id));
      for (const record of frontier) {
        seen.set(record._id, record);
        this.growing.affected.readRecords.add(record._id);
      }
    }
    addAll(this.small, seen);
    return seen.values();
  }

  private async isTold(records: readonly MergeRecord[]): Promise<boolean> {
    if (records.some(({ _id }) => this.told.has(_id))) return true;
    const settled = records.filter(({ unresolved }) => !unresolved).map(({ _id }) => _id);
    return settled.length > 0 && (await this.growing.hostsOf(settled)).some(({ oversized }) => oversized);
  }

  private async neighbours(records: readonly MergeRecord[], asked: Set<string>): Promise<MergeRecord[]> {
    const keys = [...new Set(records.flatMap((record) => record.keys))].filter((key) => !asked.has(key));
    for (const key of keys) asked.add(key);
    const { holders } = this.growing;
    const held = keys.length === 0 ? [] : await holders.uncut(keys);
    const decisions = await this.growing.decisionsAbout(records.map(({ _id }) => _id));
    const joined = decisions.flatMap((decision) => (decision.kind === 'join' ? decision.records : []));
    const byId = new Map([...held, ...(await holders.records(joined))].map((record) => [record._id, record]));
    return [...byId.values()];
  }
}

function addAll(to: Set<string>, seen: ReadonlyMap<string, MergeRecord>): [] {
  for (const id of seen.keys()) to.add(id);
  return [];
}
