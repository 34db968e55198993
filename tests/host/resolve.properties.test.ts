import * as fc from 'fast-check';
import { resolve } from '../../src/host/resolve.js';
import type { HostRecord, Resolution } from '../../src/host/types.js';
import { record } from './records.js';

/** Few values for each kind of key, so that they collide in every way. */
const small = (kind: string, count: number) =>
  fc.option(
    fc.nat(count - 1).map((at) => `${kind}:${kind === 'agent' ? 'qualys' : ''}:${kind}${at}`),
    { nil: undefined },
  );
const records = fc
  .array(
    fc.record({
      vendor: fc.constantFrom('qualys', 'crowdstrike'),
      hostname: fc.constantFrom(undefined, 'web-01', 'web-02', 'macbook-pro', 'web-03.example.com'),
      class: fc.constantFrom('machine' as const, 'machine' as const, 'machine' as const, 'pod' as const),
      keys: fc
        .tuple(
          small('cloud', 4),
          small('serial', 4),
          small('uuid', 4),
          small('agent', 4),
          small('mac', 4),
          small('mac', 4),
        )
        .map((keys) => [...new Set(keys.filter((key) => key !== undefined))].sort()),
    }),
    { maxLength: 14 },
  )
  .map((given) =>
    given.map(({ vendor, hostname, class: kind, keys }, at) =>
      record(`${vendor}:${at}`, { hostname, class: kind, keys }),
    ),
  );
const cut = fc.subarray(['serial::serial0', 'mac::mac0', 'uuid::uuid1', 'cloud::cloud2']).map((keys) => new Set(keys));

const byId = (given: HostRecord[]) => new Map(given.map((record) => [record.id, record]));
const run = { numRuns: 300 };

test('the result does not depend on the order of the records', () => {
  fc.assert(
    fc.property(records, cut, fc.infiniteStream(fc.nat()), (given, cut, stream) => {
      const other = given
        .map((record) => [stream.next().value, record] as const)
        .sort((a, b) => a[0] - b[0])
        .map(([, record]) => record);
      expect(resolve(other, cut)).toEqual(resolve(given, cut));
    }),
    run,
  );
});

test('every record is in exactly one cluster, all sorted', () => {
  fc.assert(
    fc.property(records, cut, (given, cut) => {
      const { clusters } = resolve(given, cut);
      expect(clusters.flatMap(({ members }) => members).sort()).toEqual(given.map(({ id }) => id).sort());
      expect(clusters.map(({ members }) => members[0]!)).toEqual(clusters.map(({ members }) => members[0]!).sort());
      for (const { members } of clusters) expect(members).toEqual([...members].sort());
    }),
    run,
  );
});

test('no cluster mixes classes or cloud instances, and none holds different serials or UUIDs without a common cloud instance', () => {
  fc.assert(
    fc.property(records, (given) => {
      const all = byId(given);
      for (const { members } of resolve(given, new Set()).clusters) {
        const held = members.map((id) => all.get(id)!);
        expect(new Set(held.map(({ observation }) => observation.class)).size).toBe(1);
        const distinct = (kind: string) =>
          new Set(held.flatMap(({ keys }) => keys.filter((key) => key.startsWith(`${kind}:`)))).size;
        expect(distinct('cloud')).toBeLessThanOrEqual(1);
        if (distinct('cloud') === 0) {
          expect(distinct('serial')).toBeLessThanOrEqual(1);
          expect(distinct('uuid')).toBeLessThanOrEqual(1);
        }
      }
    }),
    run,
  );
});

test('reasons connect each cluster, name only keys that both records hold, and every key that members share', () => {
  fc.assert(
    fc.property(records, cut, (given, cut) => {
      const all = byId(given);
      for (const { members, reasons } of resolve(given, cut).clusters) {
        const reached = new Set([members[0]!]);
        for (let round = 0; round < members.length; round++) {
          for (const {
            level,
            records: [a, b],
          } of reasons)
            if (level !== 'mac' && (reached.has(a) || reached.has(b))) reached.add(a).add(b);
        }
        expect([...reached].sort()).toEqual(members);
        for (const { keys, records: pair } of reasons) {
          for (const id of pair) expect(all.get(id)!.keys).toEqual(expect.arrayContaining(keys));
          expect(keys.some((key) => cut.has(key))).toBe(false);
        }
        const told = new Set(reasons.flatMap(({ keys }) => keys));
        const holders = members.flatMap((id) => all.get(id)!.keys);
        for (const key of holders)
          if (!cut.has(key) && holders.indexOf(key) !== holders.lastIndexOf(key)) expect(told).toContain(key);
      }
    }),
    run,
  );
});

test('components do not see each other: resolving them together or alone is the same', () => {
  fc.assert(
    fc.property(records, records, (left, right) => {
      const other = right.map((record) => ({
        ...record,
        id: `${record.id}'`,
        keys: record.keys.map((key) => `${key}'`),
      }));
      const [a, b, both] = [
        resolve(left, new Set()),
        resolve(other, new Set()),
        resolve([...left, ...other], new Set()),
      ];
      expect(sorted(both)).toEqual(
        sorted({ clusters: [...a.clusters, ...b.clusters], refused: [...a.refused, ...b.refused] }),
      );
    }),
    run,
  );
});

const sorted = ({ clusters, refused }: Resolution) => ({
  clusters: clusters.map((cluster) => JSON.stringify(cluster)).sort(),
  refused: refused.map((refusal) => JSON.stringify(refusal)).sort(),
});

test('a chain of five thousand records that contradict each other ends quickly', () => {
  const chain = Array.from({ length: 5_000 }, (_, at) =>
    record(`crowdstrike:${at}`, {
      hostname: 'web-01',
      keys: [`mac::m${at}`, `mac::m${at + 1}`, `serial::s${at % 400}`],
    }),
  );
  const started = performance.now();
  const { clusters } = resolve(chain, new Set());
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(clusters.length).toBeGreaterThan(1);
});
