import { machineAt } from '../../simulator/machines/at.js';
import type { Machine } from '../../simulator/machines/machine.js';
import { deviceId } from '../../simulator/render/crowdstrike-device.js';
import { qualysId } from '../../simulator/render/qualys-host.js';
import type { GoldenHost } from '../../src/host/golden/golden-host.js';
import { hostname } from '../../src/host/canonical/hostname.js';
import { ip } from '../../src/host/canonical/ip.js';
import { identityKeys } from '../../src/host/identity/keys.js';
import { mac } from '../../src/host/canonical/mac.js';
import { observation } from '../../src/host/observation.js';
import { parseOs } from '../../src/host/canonical/os.js';
import { goldenHost } from '../../src/host/golden/survive.js';
import type { HostRecord } from '../../src/host/types.js';

const SEED = 7;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 2, 1);

/** Returns the host of machine `index` of the simulator's fleet, without a run. */
export const hostAt = (index: number): GoldenHost => goldenHost(recordsAt(index), []);

/** The records of machine `index` from all vendors that list it. */
export function recordsAt(index: number): HostRecord[] {
  const machine = machineAt(SEED, index);
  const members: HostRecord[] = [];
  if (machine.inQualys) members.push(recordOf(machine, 'qualys', String(qualysId(SEED, index))));
  if (machine.inCrowdstrike) members.push(recordOf(machine, 'crowdstrike', deviceId(SEED, index)));
  return members;
}

function recordOf(machine: Machine, source: 'qualys' | 'crowdstrike', id: string): HostRecord {
  const { index, cloud, nics, os } = machine;
  const qualys = source === 'qualys';
  const observed = observation({
    class: 'machine',
    device: {
      type_id: os.server ? 1 : 2,
      type: os.server ? 'Server' : 'Desktop',
      hostname: hostname(`${machine.name}${qualys ? machine.suffix : machine.crowdstrikeSuffix}`),
      ip: nics[0]?.addresses[0],
      mac: mac(nics[0]?.mac),
      network_interfaces: nics.flatMap((nic) =>
        (qualys ? nic.addresses : nic.addresses.slice(0, 1)).map((address) => ({ ip: ip(address), mac: mac(nic.mac) })),
      ),
      ...(os.qualys ? { os: parseOs(qualys ? os.qualys : os.crowdstrike) } : {}),
      hw_info: { serial_number: machine.serial || undefined },
      vendor_name: machine.manufacturer || undefined,
      model: machine.model || undefined,
      instance_uid: cloud?.instance,
      region: cloud?.region,
      zone: cloud?.zone,
      agent_list:
        machine.agentless && qualys ? [] : [{ type_id: qualys ? 5 : 1, name: source, vendor_name: source, uid: id }],
      first_seen_time: new Date(NOW - (100 + (index % 900)) * DAY),
      last_seen_time: new Date(NOW - (index % 97) * DAY - (index % 86_400) * 1000),
    },
    ...(cloud ? { cloud: { provider: cloud.provider.toLowerCase(), account: { uid: cloud.account } } } : {}),
    external_ips: machine.externalIp ? [machine.externalIp] : [],
    status: qualys ? undefined : index % 500 === 0 ? 'contained' : 'normal',
  });
  return {
    id: `${source}:${id}`,
    source,
    vendor: source,
    observation: observed,
    keys: identityKeys(source, id, observed),
    gone: false,
  };
}
