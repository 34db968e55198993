import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityKeys } from '../../src/host/identity/keys.js';
import { resolveAll } from '../../src/host/identity/resolve.js';
import { goldenHost } from '../../src/host/golden/survive.js';
import type { HostObservation, HostRecord } from '../../src/host/types.js';
import { mapDevice } from '../../src/sources/crowdstrike/device.js';
import { mapHostAsset } from '../../src/sources/qualys/host-asset.js';
import type { Mapped } from '../../src/model/source.js';

const FOLDER = join(__dirname, '../../../shared/records');
const here = existsSync(join(FOLDER, 'qualys-hosts.json'));
if (!here) console.log('Recorded records are not here (../shared/records): their tests are skipped');

const read = (file: string): unknown[] => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));

/** The recorded records. `without` removes values from each observation. */
function recorded(without: (observation: HostObservation) => void = () => {}): HostRecord[] {
  const of = (vendor: string, file: string, map: (raw: unknown) => Mapped) =>
    read(file).map((raw): HostRecord => {
      const { id, observation } = map(raw);
      without(observation);
      return {
        id: `${vendor}:${id}`,
        source: vendor,
        vendor,
        observation,
        keys: identityKeys(vendor, id, observation),
        gone: false,
      };
    });
  return [
    ...of('qualys', 'qualys-hosts.json', mapHostAsset),
    ...of('crowdstrike', 'crowdstrike-hosts.json', mapDevice),
  ];
}

/** Instance ids of each cluster's records, as recorded: the truth. */
function machines(records: readonly HostRecord[]): string[][] {
  const truth = new Map(recorded().map(({ id, observation }) => [id, observation.device.instance_uid ?? id]));
  return resolveAll(records).clusters.map(({ members }) => [...new Set(members.map((id) => truth.get(id)!))]);
}

const cloud = (observation: HostObservation) => {
  delete observation.cloud;
  delete observation.device.instance_uid;
};
const hardware = ({ device }: HostObservation) => {
  delete device.hw_info?.serial_number;
  delete device.hw_info?.uuid;
};

(here ? describe : describe.skip)('fourteen recorded records of two vendors', () => {
  test.each<[string, (observation: HostObservation) => void]>([
    ['as they are', () => {}],
    ['without their cloud ids', cloud],
    ['without their serials and UUIDs', hardware],
    [
      'without either',
      (observation) => {
        cloud(observation);
        hardware(observation);
      },
    ],
  ])('are eight machines %s', (_, without) => {
    const found = machines(recorded(without));
    expect(found).toHaveLength(8);
    for (const machine of found) expect(machine).toHaveLength(1);
    expect(new Set(found.flat()).size).toBe(8);
  });

  test('give six hosts with two sources each, joined by their cloud instance', () => {
    const records = new Map(recorded().map((record) => [record.id, record]));
    const { clusters, forbidden } = resolveAll([...records.values()]);
    const hosts = clusters.map(({ members, reasons }) =>
      goldenHost(
        members.map((id) => records.get(id)!),
        reasons,
      ),
    );
    expect(forbidden).toEqual([]);
    const pairs = hosts.filter(({ sources }) => sources.length === 2);
    expect(pairs).toHaveLength(6);
    for (const { reasons, device, cloud } of pairs) {
      expect(reasons.map(({ level }) => level)).toEqual(['cloud']);
      expect(cloud?.provider).toBe('aws');
      expect(device.agent_list?.map(({ vendor_name }) => vendor_name)).toEqual(['CrowdStrike', 'Qualys']);
      expect(device.hw_info).toMatchObject({
        serial_number: expect.stringMatching(/^ec2/),
        ram_size: expect.any(Number),
      });
      expect(device.network_interfaces).toHaveLength(2);
    }
    expect(new Set(hosts.map(({ _id }) => _id)).size).toBe(8);
  });
});
