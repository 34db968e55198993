import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { hostId } from '../../src/host/identity/seed-record.js';
import { COMPONENT_CAP, keyStates, resolveAll } from '../../src/host/identity/resolve.js';
import { goldenHost } from '../../src/host/golden/survive.js';
import type { GoldenHost } from '../../src/host/golden/golden-host.js';
import type { HostRecord } from '../../src/host/types.js';
import type { Store } from '../../src/store/database.js';
import { decide, decisionsAbout, undo } from '../../src/store/collections/decisions.js';
import { removeRecords } from '../../src/operations/erase/records.js';
import { findHost } from '../../src/store/collections/hosts.js';
import type { HostDoc } from '../../src/store/documents/hosts.js';
import { knownState } from '../../src/host/identity/key-state.js';
import { MergeWorkers } from '../../src/merge/workers.js';
import { takeLease } from '../../src/store/collections/leases.js';
import { mergeBatch } from '../../src/merge/merge-batch.js';
import { toHostRecord } from '../../src/merge/records.js';
import { putRecords } from '../../src/store/collections/records.js';
import { changedIds, countUnmerged } from '../../src/store/changed-records.js';
import type { MergePartDoc } from '../../src/store/documents/merge-plans.js';
import type { PageDoc, PageOutcome } from '../../src/store/documents/pages.js';
import type { KeyVerdict } from '../../src/host/identity/resolution.js';
import { withMergeLeases } from '../../src/merge/leases.js';
import { mergePart } from '../../src/merge/plan/merge-part.js';
import { popularKeys } from '../../src/merge/plan/merge-parts.js';
import { planMerge } from '../../src/merge/plan/plan.js';
import { putFirst } from '../../src/normalize/first-load.js';
import { markGone } from '../../src/merge/missing-records.js';
import { machine, made, type Machine } from '../host/machines.js';
import { series } from '../support/soak.js';
import { dropStore, freshStore } from '../support/store.js';

/**
 * After any changes of records in any order, the hosts in the store equal a resolution of all records. The comparison detects a merge
 * that is missing, repeated or based on incomplete evidence.
 */
const HISTORIES = series(3, 250);

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterAll(async () => {
  await dropStore(store);
});

const FIELDS = ['hostname', 'ip', 'serial_number', 'uuid', 'macs', 'class'] as const;
const MACHINES = [1, 2, 3].map((n) => ({
  hostname: 'web-01.example.com' as const,
  ip: '10.0.0.1' as const,
  serial_number: `SERIAL000${n}` as Machine['serial_number'],
  uuid: '9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50' as const,
  macs: [`00:50:56:8a:00:0${n}`],
  class: 'machine' as const,
}));

const at = fc.nat(29);
/** Three machines that every vendor may report, each with some of its identifying fields. All other fields are random. */
const known = fc
  .record({ of: fc.nat(2), look: machine, same: fc.subarray([...FIELDS]) })
  .map(({ of, look, same }): Machine => ({
    ...look,
    ...Object.fromEntries(same.map((field) => [field, MACHINES[of]![field]])),
  }));
const look = fc.oneof({ weight: 3, arbitrary: known }, { weight: 1, arbitrary: machine });
const write = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant('put' as const), at, machine: look }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tag' as const), at, tag: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), at }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('see' as const), at, days: fc.oneof(fc.nat(3), fc.nat(40)) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('decide' as const), a: at, b: at, kind: fc.constantFrom('join', 'split') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('erase' as const), at, count: fc.integer({ min: 1, max: 3 }) }) },
);
const step = fc.oneof(
  { weight: 20, arbitrary: write },
  // Another process writes at the same time as a merge.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('race' as const), write, count: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('merge' as const), batches: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), writes: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('plan' as const), writes: fc.option(fc.nat(5), { nil: Infinity }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('parts' as const),
      count: fc.nat(4),
      writes: fc.option(fc.nat(6), { nil: Infinity }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'zombie' as const }) },
);
/** Pages of the first load. Their machines have other places than those of `step`. */
const firstPages = fc.array(fc.array(look, { minLength: 1, maxLength: 6 }), { maxLength: 4 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test(`hosts depend only on the records, over ${HISTORIES} histories`, async () => {
  await fc.assert(
    fc.asyncProperty(
      firstPages,
      fc.array(step, { maxLength: 70, size: 'max' }),
      fc.integer({ min: 1, max: 9 }),
      // With the small limits a component of a few records is too large. With COMPONENT_CAP none is.
      fc.constantFrom(2, 4, 7, COMPONENT_CAP),
      async (pages, steps, limit, cap) => {
        await clear();
        const world = new World(limit, cap);
        for (const page of pages) await world.load(page);
        for (const next of steps) await world.take(next);
        await world.mergeAll();
        await expectPure(cap);
      },
    ),
    // In a long series, report a failure without shrinking it: shrinking takes longer than the series.
    { numRuns: HISTORIES, endOnFailure: HISTORIES > 100 },
  );
});

/** The current attributes of each machine, and a clock. */
class World {
  private readonly looks = new Map<number, Machine>();
  private readonly ids: string[] = [];
  private tick = 0;
  private zombie: { part: MergePartDoc; popular: ReadonlyMap<string, KeyVerdict> } | undefined;
  constructor(
    private readonly limit: number,
    private readonly cap: number,
  ) {}

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'race':
        await Promise.all([this.take(next.write), next.count === 0 ? this.merge(1) : this.mergeParts(next.count)]);
        return;
      case 'put':
        return this.put(next.at, next.machine);
      case 'leave':
        if (this.ids.length > 0) await markGone(store, [this.ids[next.at % this.ids.length]!], new Date());
        return;
      case 'tag':
        return this.tag(next.at, next.tag);
      case 'see':
        return this.see(next.at, next.days);
      case 'decide': {
        const [a, b] = [next.a, next.b].map((place) => this.ids[place % (this.ids.length || 1)]);
        if (a === undefined || b === undefined || a === b) return;
        await decide(store, [[a, b]], { kind: next.kind as 'join' | 'split', by: 'test', why: 'test' });
        // Two decisions in one millisecond would have the same time.
        await sleep(2);
        return;
      }
      case 'undo': {
        const standing = await store.decisions.findOne({ undone: { $exists: false } });
        if (standing) await undo(store, [standing._id], 'test');
        return;
      }
      case 'erase':
        return this.erase(next.at, next.count);
      case 'merge':
        return this.merge(next.batches);
      case 'crash':
        return this.crash(next.writes);
      case 'plan':
        await this.plan(next.writes);
        return;
      case 'parts':
        return this.mergeParts(next.count, next.writes);
      case 'zombie':
        // A process that has read a part long ago wakes up. Usually, others have merged the part.
        if (this.zombie) await mergePart(store, this.zombie.part, this.zombie.popular, 'r');
        return;
    }
  }

  /** A page of the first load, with its records and their marks. */
  async load(looks: readonly Machine[]): Promise<void> {
    const source = looks[0]!.vendor;
    const records = looks.map((look): HostRecord => {
      const place = 100 + this.looks.size;
      const loaded = { ...look, vendor: source };
      this.looks.set(place, loaded);
      return made(loaded, place);
    });
    this.ids.push(...records.map(({ id }) => id));
    const page = { _id: `first${++this.tick}`, bytes: 1, source } as PageDoc;
    await store.pages.insertOne(page);
    const ids = records.map(({ id }) => id.slice(source.length + 1));
    const observedAt = new Date(1_700_000_000_000 + this.tick * 1_000);
    const origin = { source, vendor: source, page: page._id, run: 'r', observedAt };
    const outcome = { ids, new: ids.length } as PageOutcome;
    expect(
      await putFirst(
        store,
        page,
        origin,
        records.map((record) => normalizedHost(record)),
        outcome,
      ),
    ).toEqual(outcome);
  }

  /** Plans the merge. A process that ends after some writes leaves a plan that another one continues or discards. */
  private async plan(writes = Infinity): Promise<number> {
    let left = writes;
    const planning = failingAfter(store, () => (left -= 1) < 0);
    const planned = withMergeLeases(store, 'test', (leases) =>
      planMerge(planning, leases, { part: this.limit, cap: this.cap }),
    );
    return (await planned.catch(ignoreFailedWrite)) ?? 1;
  }

  /** Merges up to `count` parts at once. The first one may fail after some of its writes. */
  private async mergeParts(count: number, writes = Infinity): Promise<void> {
    const ready = await store.mergePlans.findOne({ state: 'ready' });
    if (!ready) return;
    const popular = await popularKeys(store);
    const parts = await store.mergeParts.find({ plan: ready._id }).limit(count).toArray();
    if (parts[0]) this.zombie ??= { part: parts[0], popular };
    let left = writes;
    const failing = failingAfter(store, () => (left -= 1) < 0);
    await Promise.all(
      parts.map((part, at) =>
        at === 0
          ? mergePart(failing, part, popular, 'r').catch(ignoreFailedWrite)
          : mergePart(store, part, popular, 'r'),
      ),
    );
  }

  private async put(place: number, look: Machine): Promise<void> {
    const known = this.looks.get(place);
    // A record never changes its source.
    const machineNow = known ? { ...look, vendor: known.vendor } : look;
    this.looks.set(place, machineNow);
    const record = made(machineNow, place);
    if (!known) this.ids.push(record.id);
    await this.store(record);
  }

  /** Changes content that does not identify the machine. */
  private async tag(place: number, tag: string): Promise<void> {
    const places = [...this.looks.keys()];
    const found = places[place % (places.length || 1)];
    if (found === undefined) return;
    const record = made(this.looks.get(found)!, found);
    await this.store({ ...record, observation: { ...record.observation, tags: [tag] } });
  }

  private async see(place: number, days: number): Promise<void> {
    const places = [...this.looks.keys()];
    const found = places[place % (places.length || 1)];
    const look = found === undefined ? undefined : this.looks.get(found)!;
    if (found === undefined || !look?.activeDays) return;
    const later = {
      ...look,
      activeDays: [look.activeDays[0], Math.max(look.activeDays[1], look.activeDays[0] + days)] as [number, number],
    };
    this.looks.set(found, later);
    await this.store(made(later, found));
  }

  private async erase(place: number, count: number): Promise<void> {
    if (this.ids.length === 0) return;
    const erased = this.ids.splice(place % this.ids.length, count);
    for (const [at, look] of this.looks) if (erased.includes(made(look, at).id)) this.looks.delete(at);
    await removeRecords(store, erased, 'erase');
    expect(await store.hosts.countDocuments({ 'sources.record': { $in: erased } })).toBe(0);
  }

  private async store(record: HostRecord): Promise<void> {
    const { source, vendor } = record;
    const observedAt = new Date(1_700_000_000_000 + ++this.tick * 1_000);
    await putRecords(store, { source, vendor, page: `p${this.tick}`, run: 'r', observedAt }, [normalizedHost(record)]);
  }

  /** Merges with two workers at once, `batches` batches each. */
  private async merge(batches: number): Promise<void> {
    // The parts of a plan are merged before other records, as `mergeChanged` does.
    while ((await this.plan()) > 0) await this.mergeParts(2);
    const workers = new MergeWorkers();
    await Promise.all(
      [0, 1].map(async (worker) => {
        const lease = (await takeLease(store, `worker:${worker}`, 'test', 60_000))!;
        for (let batch = 0; batch < batches; batch += 1)
          await mergeBatch(store, lease, { ids: await this.waiting(worker), workers, worker, run: 'r', cap: this.cap });
      }),
    );
  }

  /** The workers begin at different ends, because the records of one machine are likely to be at both ends. */
  private async waiting(worker: number): Promise<string[]> {
    const ids = await changedIds(store, 1_000);
    return worker === 0 ? ids.slice(0, this.limit) : ids.slice(-this.limit);
  }

  /** A merge that fails after some of its writes. Its transaction is never committed. */
  private async crash(writes: number): Promise<void> {
    if ((await this.plan()) > 0) return this.mergeParts(1, writes);
    const lease = (await takeLease(store, 'worker:0', 'test', 60_000))!;
    let left = writes;
    const failing = failingAfter(store, () => (left -= 1) < 0);
    const ids = await this.waiting(0);
    await mergeBatch(failing, lease, { ids, workers: new MergeWorkers(), run: 'r', cap: this.cap }).catch(
      ignoreFailedWrite,
    );
  }

  async mergeAll(): Promise<void> {
    for (let round = 0; (await countUnmerged(store)) > 0; round += 1) {
      if (round > 100) throw new Error('Merging does not end');
      await this.merge(1);
    }
  }
}

function ignoreFailedWrite(error: Error): undefined {
  if (error.message !== 'write failed') throw error;
  return undefined;
}

/** The store with collections that throw on a write when `mustFail` returns true. */
function failingAfter(whole: Store, mustFail: () => boolean): Store {
  const writes = new Set([
    'insertMany',
    'bulkWrite',
    'updateMany',
    'deleteMany',
    'updateOne',
    'insertOne',
    'deleteOne',
  ]);
  const failing = <T extends object>(collection: T): T =>
    new Proxy(collection, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          if (writes.has(String(name)) && mustFail()) throw new Error('write failed');
          return (value as (...given: unknown[]) => unknown).apply(target, given);
        };
      },
    });
  return {
    ...whole,
    hosts: failing(whole.hosts),
    records: failing(whole.records),
    redirects: failing(whole.redirects),
    changes: failing(whole.changes),
    keyStates: failing(whole.keyStates),
    pages: failing(whole.pages),
    mergePlans: failing(whole.mergePlans),
    mergeParts: failing(whole.mergeParts),
  };
}

async function clear(): Promise<void> {
  const { records, hosts, redirects, changes, keyStates, decisions, leases, pages, mergePlans, mergeParts } = store;
  const all = [records, hosts, redirects, changes, keyStates, decisions, leases, pages, mergePlans, mergeParts];
  await Promise.all(all.map((each) => each.deleteMany({} as never)));
}

async function expectPure(cap: number): Promise<void> {
  const records = (await store.records.find().toArray()).map(toHostRecord);
  const ids = records.map(({ id }) => id);
  const members = new Map(records.map((record) => [record.id, record]));
  const resolution = resolveAll(records, await decisionsAbout(store, undefined, ids), { cap });
  const expected = resolution.clusters.map((cluster) =>
    goldenHost(
      cluster.members.map((id) => members.get(id)!),
      cluster.reasons,
      { ...cluster, findings: cluster.findings.map(({ key, ...found }) => ({ key, ...knownState(found) })) },
    ),
  );
  const stored = (await store.hosts.find().toArray()).map(withoutStoresOwn);
  const byId = (a: { _id: string }, b: { _id: string }) => (a._id < b._id ? -1 : 1);
  expect(stored.sort(byId)).toEqual(expected.sort(byId));

  const states = [...keyStates(records)].map(([_id, state]) => ({ _id, ...knownState(state) }));
  expect((await store.keyStates.find().toArray()).sort(byId)).toEqual(states.sort(byId));
  // Every earlier id of a host of these records leads to a host.
  for (const id of ids.map(hostId)) {
    const known = await store.redirects.findOne({ _id: id });
    if (known) expect(await findHost(store, id)).not.toBeNull();
  }
}

function withoutStoresOwn({ created: _created, version: _version, updated_at: _at, ...host }: HostDoc): GoldenHost {
  return host;
}
