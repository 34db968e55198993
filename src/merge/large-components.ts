import { isStrong } from '../host/identity/facts.js';
import { COMPONENT_CAP } from '../host/identity/resolve.js';
import type { AffectedSet } from './affected-set.js';
import type { AffectedSetBuilder } from './affected-set-builder.js';
import type { MergeRecord } from './records.js';

/** Time budget in milliseconds, which keeps the transaction short. */
const BUDGET_MS = 3_000;
/** If a batch takes less than this, the next batch is twice as large; otherwise it is half as large. */
const QUICK_MS = 100;
const MOST_AT_ONCE = 100;

/**
 * Finds the records that `changed` records of components with more than `cap` records can affect. Such a component is
 * resolved by strong keys alone, so only these records are read:
 *
 * - at most `cap` + 1 records, to measure the component (a component that has become smaller is included completely);
 * - records that strong keys link to the changed records, and holders of a key that the changed records have lost or whose
 *   state has changed;
 * - if the component has just grown over the cap, the records that were resolved by all keys before.
 *
 * A host is marked `oversized` if it was resolved by strong keys alone. Other changed records are left for their own batch.
 * When the time budget is used, the rest of `changed` is left too.
 */
export async function affectedSetOfLarge(
  builder: AffectedSetBuilder,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<AffectedSet> {
  const { affected } = builder;
  const sizes = new ComponentSizes(builder, cap);
  const until = Date.now() + BUDGET_MS;
  let next = 0;
  for (let atOnce = 1; next < changed.length && Date.now() < until;) {
    const started = Date.now();
    await include(builder, sizes, changed.slice(next, next + atOnce));
    next += atOnce;
    atOnce = Date.now() - started < QUICK_MS ? Math.min(2 * atOnce, MOST_AT_ONCE) : Math.ceil(atOnce / 2);
  }
  affected.partial = next < changed.length;
  affected.oversized = new Set([...affected.records.keys()].filter((id) => !sizes.small.has(id)));
  return affected;
}

async function include(
  builder: AffectedSetBuilder,
  sizes: ComponentSizes,
  starts: readonly MergeRecord[],
): Promise<void> {
  const { affected } = builder;
  let wave = starts.filter(({ _id }) => !affected.records.has(_id));
  builder.include(wave);
  while (wave.length > 0) {
    const { linkedByKey, linkedByHost } = await builder.around(wave);
    for (const id of linkedByKey.keys()) affected.readRecords.add(id);
    const withHost = new Set(
      [...affected.hosts.values()].flatMap(({ sources }) => sources.map(({ record }) => record)),
    );
    const next = new Map(linkedByHost.map((record) => [record._id, record]));
    for (const start of wave) {
      const component = await sizes.find(start, isNew(start) && !withHost.has(start._id));
      for (const record of component) next.set(record._id, record);
    }
    for (const record of await resolvedTogether(builder, sizes, wave, [...linkedByKey.values()]))
      next.set(record._id, record);
    wave = [...next.values()].filter(({ _id }) => !affected.records.has(_id));
    builder.include(wave);
  }
}

const isNew = ({ unresolved, prior_keys: prior }: MergeRecord) => unresolved === true && prior === undefined;

/** Returns the records of `linkedByKey` that have to be resolved together with the wave. */
async function resolvedTogether(
  builder: AffectedSetBuilder,
  sizes: ComponentSizes,
  wave: readonly MergeRecord[],
  linkedByKey: readonly MergeRecord[],
): Promise<MergeRecord[]> {
  const { affected } = builder;
  const lost = new Set(wave.flatMap(({ unresolved, prior_keys: prior = [] }) => (unresolved ? prior : [])));
  const holder = new Map(wave.flatMap((record) => record.keys.map((key) => [key, record._id])));
  const resolved = linkedByKey.filter(({ unresolved }) => !unresolved).map(({ _id }) => _id);
  const oversized = new Set(
    (resolved.length === 0 ? [] : await builder.hostsOf(resolved))
      .filter((host) => host.oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record)),
  );
  return linkedByKey.filter((doc) => {
    const link = doc.keys.find((key) => holder.has(key) && affected.states.get(key)?.state !== 'suppressed');
    // A key that is not suppressed links both records, so they are in one component.
    if (link !== undefined) sizes.spread(holder.get(link)!, doc._id);
    if (doc.keys.some((key) => lost.has(key) || affected.altered.has(key))) return true;
    if (sizes.small.has(doc._id) || (!doc.unresolved && !oversized.has(doc._id))) return true;
    return doc.keys.some((key) => isStrong(key) && holder.has(key) && affected.states.get(key)?.state !== 'suppressed');
  });
}

/** Measures the components of records. */
class ComponentSizes {
  /** Records of components that were read completely. */
  readonly small = new Set<string>();
  /** Records of components that were found to be too large. */
  private readonly large = new Set<string>();
  /** Records of components that are too large according to a stored host (`oversized`). */
  private readonly largeByHost = new Set<string>();

  constructor(
    private readonly builder: AffectedSetBuilder,
    private readonly cap: number,
  ) {}

  /** Applies the known size of the component of `from` to `to`, which is in the same component. */
  spread(from: string, to: string): void {
    for (const known of [this.small, this.large, this.largeByHost]) if (known.has(from)) known.add(to);
  }

  /**
   * Measures a component by reading it, and returns all of its records if it is small. With `trusting`, the component
   * counts as large if the host of a neighbour is marked `oversized`. Do not set `trusting` for a record that has lost a
   * key, because its component may have become smaller. If another record has lost a key, the measurement of that record
   * detects it.
   */
  async find(start: MergeRecord, trusting: boolean): Promise<Iterable<MergeRecord>> {
    const known = (id: string) => this.large.has(id) || (trusting && this.largeByHost.has(id));
    if (this.small.has(start._id) || known(start._id)) return [];
    const seen = new Map([[start._id, start]]);
    const asked = new Set<string>();
    for (let frontier = [start]; frontier.length > 0;) {
      if (seen.size > this.cap || frontier.some(({ _id }) => this.large.has(_id))) return addAll(this.large, seen);
      if (trusting && (await this.isLargeByHost(frontier))) return addAll(this.largeByHost, seen);
      frontier = (await this.neighbours(frontier, asked)).filter(({ _id }) => !seen.has(_id));
      for (const record of frontier) {
        seen.set(record._id, record);
        this.builder.affected.readRecords.add(record._id);
      }
    }
    addAll(this.small, seen);
    return seen.values();
  }

  private async isLargeByHost(records: readonly MergeRecord[]): Promise<boolean> {
    if (records.some(({ _id }) => this.largeByHost.has(_id))) return true;
    const resolved = records.filter(({ unresolved }) => !unresolved).map(({ _id }) => _id);
    return resolved.length > 0 && (await this.builder.hostsOf(resolved)).some(({ oversized }) => oversized);
  }

  private async neighbours(records: readonly MergeRecord[], asked: Set<string>): Promise<MergeRecord[]> {
    const keys = [...new Set(records.flatMap((record) => record.keys))].filter((key) => !asked.has(key));
    for (const key of keys) asked.add(key);
    const { holders } = this.builder;
    const byKey = keys.length === 0 ? [] : await holders.unsuppressedHolders(keys);
    const decisions = await this.builder.decisionsAbout(records.map(({ _id }) => _id));
    const joined = decisions.flatMap((decision) => (decision.kind === 'join' ? decision.records : []));
    const byId = new Map([...byKey, ...(await holders.records(joined))].map((record) => [record._id, record]));
    return [...byId.values()];
  }
}

function addAll(to: Set<string>, seen: ReadonlyMap<string, MergeRecord>): [] {
  for (const id of seen.keys()) to.add(id);
  return [];
}
