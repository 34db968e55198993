import type { Closure } from './closure.js';

/** A key was met that too many records hold: what it once joined may be anywhere, so this batch has to run alone. */
export class NeedsToRunAlone extends Error {
  override readonly name = 'NeedsToRunAlone';
}

/**
 * Which records the lanes of one merge have in hand. Components of two lanes never overlap; the transactions would notice
 * (both write what they share), but then one of them would have worked in vain.
 */
export class Lanes {
  /** One lane goes on alone from here on. */
  single = false;
  private readonly held = new Map<number, { since: number; ids: Set<string> }>();
  /** Let go of at `at`: a lane whose snapshot is older still sees these records as they were. */
  private settled: { at: number; ids: Set<string> }[] = [];
  private clock = 0;
  /** The lane that is running, or waits to run, without the others. */
  private soloist: number | undefined;
  private readonly waiting: (() => void)[] = [];

  /** To be called before the lane's snapshot is taken. */
  begin(lane: number): void {
    this.held.set(lane, { since: ++this.clock, ids: new Set() });
    const oldest = Math.min(...[...this.held.values()].map(({ since }) => since));
    this.settled = this.settled.filter(({ at }) => at > oldest);
  }

  /** Takes what no other lane has; the rest of the closure is left for later, whole components at a time. */
  claim(lane: number, closure: Closure): void {
    const own = this.held.get(lane)!;
    const others = [...this.held.values(), ...this.settled.filter(({ at }) => at > own.since)]
      .filter((other) => other !== own)
      .map(({ ids }) => ids);
    const taken = [...closure.records.keys()].filter((id) => others.some((ids) => ids.has(id)));
    if (taken.length > 0) dropComponents(closure, taken);
    own.ids = new Set(closure.records.keys());
  }

  end(lane: number): void {
    const own = this.held.get(lane);
    this.held.delete(lane);
    if (own && this.held.size > 0) this.settled.push({ at: ++this.clock, ids: own.ids });
    if (this.soloist === lane) this.soloist = undefined;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Resolves when no other lane runs alone, or waits to. */
  async enter(lane: number): Promise<void> {
    while (this.soloist !== undefined && this.soloist !== lane) await this.change();
  }

  /** Resolves when no other lane has a batch under way; none begins one before this lane's next batch has ended. */
  async alone(lane: number): Promise<void> {
    await this.enter(lane);
    this.single = true;
    this.soloist = lane;
    while ([...this.held.keys()].some((other) => other !== lane)) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** Removes from the closure everything that hangs together with `taken`: by a key that is not cut, or by a host. */
function dropComponents(closure: Closure, taken: string[]): void {
  const holders = new Map<string, string[]>();
  const add = (key: string, id: string) => {
    const known = holders.get(key);
    if (known) known.push(id);
    else holders.set(key, [id]);
  };
  const hostOf = new Map<string, string>();
  for (const host of closure.hosts.values()) for (const { record } of host.sources) hostOf.set(record, host._id);
  const keysOf = (id: string): string[] => {
    const { keys, prior_keys } = closure.records.get(id)!;
    const own = [...keys, ...(prior_keys ?? [])].filter((key) => !closure.cut.has(key));
    const host = hostOf.get(id);
    return host === undefined ? own : [...own, host];
  };
  for (const id of closure.records.keys()) for (const key of keysOf(id)) add(key, id);

  const drop = new Set(taken);
  for (const id of drop) for (const key of keysOf(id)) for (const neighbour of holders.get(key)!) drop.add(neighbour);
  for (const host of closure.hosts.values())
    if (host.sources.some(({ record }) => drop.has(record))) closure.hosts.delete(host._id);
  for (const id of drop) closure.records.delete(id);
}
