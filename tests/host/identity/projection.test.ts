import { Collector } from '../../../bench/identity/collect.js';
import { fleet } from '../../../bench/identity/fleet/fleet.js';
import { ratesWith } from '../../../bench/identity/fleet/rates.js';
import { deriveKeys, digest, partition } from '../../../bench/identity/model.js';
import { shuffled } from '../../../bench/identity/shuffle.js';
import { resolveAll } from '../../../src/host/identity/resolve.js';
import type { HostRecord } from '../../../src/host/types.js';
import { mapDevice } from '../../../src/sources/crowdstrike/device.js';
import { mapHostAsset } from '../../../src/sources/qualys/host-asset.js';
import { mapAsset } from '../../../src/sources/tenable/asset.js';

const MAP = { qualys: mapHostAsset, crowdstrike: mapDevice, tenable: mapAsset };
const collector = new Collector({ pitfalls: false, naive: false });
const whole: HostRecord[] = [];
for (const { source, machine, raw } of fleet(4, 500, ratesWith())) {
  collector.add(source, JSON.stringify(raw), () => machine);
  const { id, observation } = MAP[source](raw);
  whole.push({ id: `${source}:${id}`, source, vendor: source, observation, keys: [], gone: false });
}
const { records } = collector.collected();
deriveKeys(records);
deriveKeys(whole);
const resolution = resolveAll(records);

test('the fields that the benchmark removes from observations change no key and no host', () => {
  const others = records.filter(({ keys }, at) => keys.join('\n') !== whole[at]!.keys.join('\n'));
  expect([others, records.length]).toStrictEqual([[], whole.length]);
  expect(digest(records, resolution)).toBe(digest(whole, resolveAll(whole)));
});

test('shuffled records give the same result, and the comparison detects a different result', () => {
  expect(shuffled(records, resolution, 2, 1)).toBe(0);
  const clusters = resolution.clusters.slice(1);
  expect(shuffled(records, { ...resolution, clusters }, 1, 1)).toBe(1);
});

test('the partition contains every record at the index of its cluster', () => {
  const places = partition(records, resolution);
  expect(records.filter(({ id }, at) => !resolution.clusters[places[at]!]!.members.includes(id))).toEqual([]);
});
