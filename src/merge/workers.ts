import type { AffectedSet } from './affected-set.js';
import { dropComponents } from './affected-parts.js';

/**
 * What a merge worker has reserved: the records that it resolves, and the keys whose state it reads or changes.
 */
interface Reservation {
  ids: ReadonlySet<string>;
  readKeys: ReadonlySet<string>;
  altered: ReadonlySet<string>;
  /** Records that the worker has read without resolving them, to measure a large component. */
  readRecords: ReadonlySet<string>;
}

const NOTHING: Reservation = { ids: new Set(), readKeys: new Set(), altered: new Set(), readRecords: new Set() };

/**
 * Reservations of the workers of one merge. Two workers never resolve the same component, and none changes the state of a
 * key that another one has read. MongoDB's transactions do not prevent these conflicts, because they only detect
 * conflicting writes.
 */
export class MergeWorkers {
  private readonly current = new Map<number, { since: number; reservation: Reservation }>();
  /**
   * Reservations that ended at `at`. They still apply to workers with an older snapshot, because that snapshot does not
   * contain the writes.
   */
  private ended: { at: number; reservation: Reservation }[] = [];
  private clock = 0;

  /** Must be called before the worker's snapshot is taken. */
  begin(worker: number): void {
    this.current.set(worker, { since: ++this.clock, reservation: NOTHING });
    const oldest = Math.min(...[...this.current.values()].map(({ since }) => since));
    this.ended = this.ended.filter(({ at }) => at > oldest);
  }

  /**
   * Reserves the affected set for a worker. Removes the components that conflict with another worker's reservation; they
   * are left for a later batch. Returns `true` if no component was removed.
   */
  reserve(worker: number, affected: AffectedSet): boolean {
    const own = this.current.get(worker)!;
    const others = [...this.current.values(), ...this.ended.filter(({ at }) => at > own.since)]
      .filter((other) => other !== own)
      .map(({ reservation }) => reservation);
    const conflicts = others.length === 0 ? [] : conflictingRecords(others, affected);
    if (conflicts.length > 0) dropComponents(affected, conflicts);
    const before = affected.refreshed.size;
    for (const [id, { members }] of affected.refreshed)
      if (members.some(({ _id }) => others.some(({ ids }) => ids.has(_id)))) affected.refreshed.delete(id);
    const refreshed = [...affected.refreshed.values()].flatMap(({ members }) => members.map(({ _id }) => _id));
    own.reservation = {
      ids: new Set([...affected.records.keys(), ...refreshed]),
      readKeys: affected.readKeys,
      altered: new Set(affected.altered.keys()),
      readRecords: affected.readRecords,
    };
    return conflicts.length === 0 && affected.refreshed.size === before;
  }

  end(worker: number): void {
    const own = this.current.get(worker);
    this.current.delete(worker);
    if (own && this.current.size > 0) this.ended.push({ at: ++this.clock, reservation: own.reservation });
  }
}

/**
 * Records that another worker has reserved or read. Also records with a key that one of the two workers alters and the
 * other worker has read or alters.
 */
function conflictingRecords(
  others: readonly Reservation[],
  { records, readKeys, altered, readRecords }: AffectedSet,
): string[] {
  // The affected set of large components is not split.
  if (Array.from(readRecords).some((id) => others.some(({ ids }) => ids.has(id)))) return [...records.keys()];
  const conflicting = new Set<string>();
  for (const other of others) {
    for (const key of altered.keys()) if (other.readKeys.has(key) || other.altered.has(key)) conflicting.add(key);
    for (const key of other.altered) if (readKeys.has(key)) conflicting.add(key);
  }
  const conflicts: string[] = [];
  for (const [id, { keys, prior_keys: prior = [] }] of records) {
    if (others.some(({ ids, readRecords: read }) => ids.has(id) || read.has(id))) conflicts.push(id);
    else if (conflicting.size > 0 && [...keys, ...prior].some((key) => conflicting.has(key))) conflicts.push(id);
  }
  return conflicts;
}
