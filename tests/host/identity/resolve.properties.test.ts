import * as fc from 'fast-check';
import { seedRecordOf, hostId } from '../../../src/host/identity/seed-record.js';
import { lastSeenWeek } from '../../../src/host/identity/active-interval.js';
import { keyState, keyStates, resolve, resolveAll } from '../../../src/host/identity/resolve.js';
import type { Decisions, KeyVerdict, Resolution } from '../../../src/host/identity/resolution.js';
import type { HostRecord } from '../../../src/host/types.js';
import { machine, made } from '../machines.js';
import { record } from '../records.js';
import { series } from '../../support/soak.js';

/** Number of histories per property. */
const HISTORIES = series(25, 3_000);
const run = { numRuns: HISTORIES };

const records = fc.array(machine, { maxLength: 16 }).map((given) => given.map(made));
const decisions = fc.array(
  fc.record({
    kind: fc.constantFrom('join' as const, 'split' as const),
    pair: fc.tuple(fc.nat(15), fc.nat(15)),
    at: fc.nat(9).map((at) => `2026-01-0${at}`),
  }),
  { maxLength: 4 },
);
const decided = (
  given: readonly HostRecord[],
  choices: { kind: 'join' | 'split'; pair: [number, number]; at: string }[],
): Decisions =>
  choices.flatMap(({ kind, pair, at }) => {
    const [a, b] = [given[pair[0]], given[pair[1]]];
    return a && b ? [{ kind, records: [a.id, b.id] as const, at }] : [];
  });

const shuffled = (given: readonly HostRecord[], stream: fc.Stream<number>) =>
  given
    .map((record) => [stream.next().value, record] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, record]) => record);

test('the result does not depend on the order of the records', () => {
  fc.assert(
    fc.property(records, decisions, fc.infiniteStream(fc.nat()), (given, choices, stream) => {
      const decisions = decided(given, choices);
      expect(resolveAll(shuffled(given, stream), [...decisions].reverse())).toEqual(resolveAll(given, decisions));
    }),
    run,
  );
});

test('every record is in exactly one cluster, and clusters and members are sorted', () => {
  fc.assert(
    fc.property(records, (given) => {
      const { clusters } = resolveAll(given);
      expect(clusters.flatMap(({ members }) => members).sort()).toEqual(given.map(({ id }) => id).sort());
      expect(clusters.map(({ members }) => members[0]!)).toEqual(clusters.map(({ members }) => members[0]!).sort());
      for (const { members } of clusters) expect(members).toEqual([...members].sort());
    }),
    run,
  );
});

test('no cluster mixes classes or cloud instances, and none has different serials without a common cloud instance', () => {
  fc.assert(
    fc.property(records, (given) => {
      const all = new Map(given.map((record) => [record.id, record]));
      const states = keyStates(given);
      for (const { members } of resolveAll(given).clusters) {
        const inCluster = members.map((id) => all.get(id)!);
        expect(new Set(inCluster.map(({ observation }) => observation.class)).size).toBe(1);
        const distinct = (kind: string) =>
          new Set(inCluster.flatMap(({ keys }) => keys.filter((key) => key.startsWith(`${kind}:`) && !states.has(key))))
            .size;
        expect(distinct('cloud')).toBeLessThanOrEqual(1);
        if (distinct('cloud') === 0) expect(distinct('serial')).toBeLessThanOrEqual(1);
      }
    }),
    run,
  );
});

test('reasons connect each cluster and name only keys that both records have and that are not suppressed', () => {
  fc.assert(
    fc.property(records, (given) => {
      const all = new Map(given.map((record) => [record.id, record]));
      const states = keyStates(given);
      for (const { members, reasons } of resolveAll(given).clusters) {
        expect(reasons).toHaveLength(members.length - 1);
        const reached = new Set([members[0]!]);
        for (let round = 0; round < members.length; round++)
          for (const {
            records: [a, b],
          } of reasons)
            if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
        expect([...reached].sort()).toEqual(members);
        for (const { keys, records: pair } of reasons) {
          for (const id of pair) expect(all.get(id)!.keys).toEqual(expect.arrayContaining(keys));
          expect(keys.some((key) => states.get(key)?.state === 'suppressed')).toBe(false);
          // A short name alone joins no records.
          expect(keys.some((key) => !key.startsWith('name:')) || reasons[0]!.facts!.length > 1).toBe(true);
        }
      }
    }),
    run,
  );
});

/** The records that usable keys or join decisions connect with `start`. */
function componentOf(
  given: readonly HostRecord[],
  start: string,
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
) {
  const inside = new Set([start]);
  for (let before = 0; before !== inside.size;) {
    before = inside.size;
    const componentKeys = given.filter(({ id }) => inside.has(id)).flatMap(({ keys }) => keys);
    const keys = new Set(componentKeys.filter((key) => states.get(key)?.state !== 'suppressed'));
    for (const { id, keys: own } of given) if (own.some((key) => keys.has(key))) inside.add(id);
    for (const {
      kind,
      records: [a, b],
    } of decisions)
      if (kind === 'join' && (inside.has(a) || inside.has(b))) inside.add(a).add(b);
  }
  return given.filter(({ id }) => inside.has(id));
}

test('a component resolved alone, with the key states of the whole inventory, has the same result as in the whole inventory', () => {
  fc.assert(
    fc.property(records, decisions, (given, choices) => {
      const decisions = decided(given, choices);
      const whole = resolveAll(given, decisions);
      const states = keyStates(given);
      const parts: Resolution[] = [];
      const seen = new Set<string>();
      for (const { id } of given) {
        if (seen.has(id)) continue;
        const component = componentOf(given, id, states, decisions);
        for (const member of component) seen.add(member.id);
        const verdicts = new Map(
          [...new Set(component.flatMap(({ keys }) => keys))].map((key) => [
            key,
            keyState(key, given.filter(({ keys }) => keys.includes(key)).reverse()),
          ]),
        );
        parts.push(resolve(component, verdicts, decisions));
      }
      expect(
        sorted({
          clusters: parts.flatMap((part) => part.clusters),
          forbidden: parts.flatMap((part) => part.forbidden),
        }),
      ).toEqual(sorted(whole));
    }),
    run,
  );
});

test('a changed or deleted record changes nothing outside of its components before and after the change', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.option(machine, { nil: undefined }), (given, pick, changed) => {
      if (given.length === 0) return;
      const at = pick % given.length;
      const before = given[at]!;
      const after = changed && { ...made(changed, at), id: before.id };
      const others = given.filter(({ id }) => id !== before.id);
      const now = after ? [...others, after] : others;
      // The records that share a key with it before or after the change, and the records connected with them before or after.
      const own = new Set([...before.keys, ...(after?.keys ?? [])]);
      const touched = new Set([before.id]);
      for (const { id, keys } of others) if (keys.some((key) => own.has(key))) touched.add(id);
      for (const inventory of [given, now]) {
        const states = keyStates(inventory);
        for (const id of Array.from(touched))
          if (inventory.some((record) => record.id === id))
            for (const member of componentOf(inventory, id, states, [])) touched.add(member.id);
      }
      const untouched = (inventory: readonly HostRecord[]) =>
        resolveAll(inventory).clusters.filter(({ members }) => !members.some((id) => touched.has(id)));
      expect(untouched(now)).toEqual(untouched(given));
    }),
    run,
  );
});

test('host ids depend only on the records, not on their order, and no two hosts have the same id', () => {
  fc.assert(
    fc.property(records, fc.infiniteStream(fc.nat()), (given, stream) => {
      const ids = (inventory: readonly HostRecord[]) => {
        const all = new Map(inventory.map((record) => [record.id, record]));
        return resolveAll(inventory).clusters.map(({ members }) =>
          hostId(seedRecordOf(members.map((id) => all.get(id)!)).id),
        );
      };
      const found = ids(given);
      expect(new Set(found).size).toBe(found.length);
      expect(ids(shuffled(given, stream))).toEqual(found);
    }),
    run,
  );
});

test('a check-in within the same week changes nothing', () => {
  fc.assert(
    fc.property(records, fc.nat(6 * 86_400_000), (given, moved) => {
      const touched = given.map((record) => {
        const { last_seen_time: last } = record.observation.device;
        const later = last && new Date(last.getTime() + moved);
        if (!last || lastSeenWeek(later!) !== lastSeenWeek(last)) return record;
        const device = { ...record.observation.device, last_seen_time: later! };
        return { ...record, observation: { ...record.observation, device } };
      });
      expect(resolveAll(touched)).toEqual(resolveAll(given));
    }),
    run,
  );
});

const sorted = ({ clusters, forbidden }: Resolution) => ({
  clusters: clusters.map((cluster) => JSON.stringify(cluster)).sort(),
  forbidden: forbidden.map((join) => JSON.stringify(join)).sort(),
});

test('resolving a chain of five thousand contradicting records ends', () => {
  const chain = Array.from({ length: 5_000 }, (_, at) =>
    record(`crowdstrike:${at}`, {
      hostname: 'web-01',
      keys: [`mac::m${at}`, `mac::m${at + 1}`, `serial::s${at % 400}`],
    }),
  );
  const { clusters } = resolveAll(chain);
  expect(clusters.length).toBeGreaterThan(1);
});
