import type { AffectedSet } from './affected-set.js';
import { dropComponents } from './affected-parts.js';

/** What a lane has in hand: records, keys whose worth it rests on, and keys whose worth it changes. */
interface Claim {
  ids: ReadonlySet<string>;
  readKeys: ReadonlySet<string>;
  altered: ReadonlySet<string>;
  /** Records that it rests on without having them in hand, where a component is too large to be. */
  readRecords: ReadonlySet<string>;
}

const NOTHING: Claim = { ids: new Set(), readKeys: new Set(), altered: new Set(), readRecords: new Set() };

/**
 * What the lanes of one merge have in hand. Components of two lanes never overlap, and none changes what a key is worth that
 * the other one rests on: the transactions would not notice all of it, as they only compare what is written.
 */
export class MergeWorkers {
  private readonly held = new Map<number, { since: number; claim: Claim }>();
  /** Let go of at `at`: a lane whose snapshot is older still sees all as it was. */
  private settled: { at: number; claim: Claim }[] = [];
  private clock = 0;

  /** To be called before the lane's snapshot is taken. */
  begin(lane: number): void {
    this.held.set(lane, { since: ++this.clock, claim: NOTHING });
    const oldest = Math.min(...[...this.held.values()].map(({ since }) => since));
    this.settled = this.settled.filter(({ at }) => at > oldest);
  }

  /**
   * Takes what no other lane has; the rest of the affected set is left for later, whole components at a time. Returns whether that
   * is all of it.
   */
  claim(lane: number, affected: AffectedSet): boolean {
    const own = this.held.get(lane)!;
    const others = [...this.held.values(), ...this.settled.filter(({ at }) => at > own.since)]
      .filter((other) => other !== own)
      .map(({ claim }) => claim);
    const taken = others.length === 0 ? [] : takenBy(others, affected);
    if (taken.length > 0) dropComponents(affected, taken);
    const wanted = affected.refreshed.size;
    for (const [id, { members }] of affected.refreshed)
      if (members.some(({ _id }) => others.some(({ ids }) => ids.has(_id)))) affected.refreshed.delete(id);
    const refreshed = [...affected.refreshed.values()].flatMap(({ members }) => members.map(({ _id }) => _id));
    own.claim = {
      ids: new Set([...affected.records.keys(), ...refreshed]),
      readKeys: affected.readKeys,
      altered: new Set(affected.altered.keys()),
      readRecords: affected.readRecords,
    };
    return taken.length === 0 && affected.refreshed.size === wanted;
  }

  end(lane: number): void {
    const own = this.held.get(lane);
    this.held.delete(lane);
    if (own && this.held.size > 0) this.settled.push({ at: ++this.clock, claim: own.claim });
  }
}

/** Records that another lane has in hand or rests on, or that hold a key which both rest on and one of them alters. */
function takenBy(others: readonly Claim[], { records, readKeys, altered, readRecords }: AffectedSet): string[] {
  // What came of large components is not taken apart.
  if (Array.from(readRecords).some((id) => others.some(({ ids }) => ids.has(id)))) return [...records.keys()];
  const disputed = new Set<string>();
  for (const other of others) {
    for (const key of altered.keys()) if (other.readKeys.has(key) || other.altered.has(key)) disputed.add(key);
    for (const key of other.altered) if (readKeys.has(key)) disputed.add(key);
  }
  const taken: string[] = [];
  for (const [id, { keys, prior_keys: prior = [] }] of records) {
    if (others.some(({ ids, readRecords: rested }) => ids.has(id) || rested.has(id))) taken.push(id);
    else if (disputed.size > 0 && [...keys, ...prior].some((key) => disputed.has(key))) taken.push(id);
  }
  return taken;
}
