import { spell } from '../../../simulator/render/mac.js';
import { hash, uuid } from '../../../simulator/random.js';
import { isoSeconds } from '../../../simulator/times.js';
import type { CloudPlace, Machine } from './machine.js';
import type { Sighting } from './sightings.js';

const NETWORK = '6b48277c-0742-61c1-82bb-cac0f9c40000';

/** A Qualys host asset (QPS): no serial and no UUID, every interface, names from the agent or from a scanner. */
export function qualysRecord(seed: number, sighting: Sighting): { id: string; raw: object } {
  const { machine, state, number, agent, lacks } = sighting;
  const { os } = machine;
  const id = 305_000_000 + machine.slot * 16 + number;
  const [first, last] = [isoSeconds(sighting.first), isoSeconds(sighting.last)];
  const scan = agent < 0;
  const windows = os.platform === 'Windows';
  const full = fullName(sighting);
  const raw: Record<string, unknown> = {
    id,
    name: windows ? state.name.slice(0, 15) : full,
    address: sighting.state.nics[0]!.ip,
    created: first,
    modified: last,
    lastVulnScan: last,
    fqdn: state.domain ? full : '',
    os: os.qualys,
    networkGuid: NETWORK,
    qwebHostId: 215_000_000 + (hash(seed, id, 3) % 90_000_000),
    timezone: 'UTC',
    trackingMethod: scan ? 'IP' : 'QAGENT',
    type: 'HOST',
    networkInterface: { list: interfaces(sighting, full) },
    sourceInfo: { list: [{ AssetSource: {} }] },
    tags: { list: [{ TagSimple: { id: 33643630, name: scan ? 'Scanned' : 'Cloud Agent' } }] },
  };
  if (windows) raw['netbiosName'] = state.name.toUpperCase().slice(0, 15);
  if (scan) {
    if (!windows) raw['dnsHostName'] = full;
    return { id: String(id), raw };
  }
  raw['dnsHostName'] = full.toLowerCase();
  raw['lastLoggedOnUser'] =
    windows && state.domain ? `${state.domain.split('.')[0]!.toUpperCase()}\\${sighting.user}` : sighting.user;
  raw['manufacturer'] = machine.manufacturer;
  raw['model'] = machine.model;
  if (machine.bios) raw['biosDescription'] = `${machine.manufacturer} ${machine.bios} 08/24/2024`;
  raw['agentInfo'] = {
    lastCheckedIn: last,
    agentVersion: '6.0.0.41',
    status: 'STATUS_ACTIVE',
    connectedFrom: sighting.externalIp,
    agentId: machine.agentOf ? uuid(seed, hash(seed, groupOf(machine), 21), 22) : uuid(seed, id, 23),
    platform: os.platform,
  };
  if (machine.cloud && !lacks.cloud) {
    raw['cloudProvider'] = machine.cloud.provider;
    raw['sourceInfo'] = { list: [cloudSource(sighting, machine.cloud, full), { AssetSource: {} }] };
  }
  return { id: String(id), raw };
}

/** The number of the group of machines that share an agent id. */
export function groupOf(machine: Machine): number {
  return Number(machine.agentOf.slice(5));
}

export function fullName({ state, machine }: Sighting): string {
  if (state.domain) return `${state.name}.${state.domain}`;
  return machine.os.platform === 'Mac' ? `${state.name}.local` : state.name;
}

function interfaces({ state, machine, lacks }: Sighting, full: string): object[] {
  // Windows agents print MACs in upper case, the others in lower case.
  const upper = machine.os.platform === 'Windows';
  const rows: object[] = [];
  for (const nic of state.nics) {
    const mac = lacks.mac ? '' : spell(upper ? nic.mac.toUpperCase() : nic.mac, ':');
    const row: Record<string, string> = { interfaceName: nic.name, hostname: full };
    if (mac) row['macAddress'] = mac;
    if (nic.ip) row['address'] = nic.ip;
    if (mac || nic.ip) rows.push({ HostAssetInterface: row });
  }
  return rows;
}

function cloudSource({ state, lacks, first, last, externalIp }: Sighting, cloud: CloudPlace, full: string): object {
  const own = state.nics[0]!;
  const common = {
    firstDiscovered: isoSeconds(first),
    lastUpdated: isoSeconds(last),
    privateIpAddress: own.ip,
    publicIpAddress: externalIp,
    ...(lacks.mac ? {} : { macAddress: spell(own.mac, ':') }),
  };
  switch (cloud.provider) {
    case 'AWS':
      return {
        Ec2AssetSourceSimple: {
          ...common,
          instanceId: cloud.instance,
          accountId: cloud.account,
          region: cloud.region,
          availabilityZone: cloud.zone,
          vpcId: cloud.network,
          subnetId: cloud.subnet,
          instanceState: 'RUNNING',
          privateDnsName: `ip-${own.ip.replaceAll('.', '-')}.ec2.internal`,
        },
      };
    case 'AZURE':
      return {
        AzureAssetSourceSimple: {
          ...common,
          vmId: cloud.instance,
          subscriptionId: cloud.account,
          location: cloud.region,
          name: state.name,
          state: 'RUNNING',
        },
      };
    default:
      return {
        GcpAssetSourceSimple: {
          ...common,
          instanceId: cloud.instance,
          projectId: cloud.account,
          zone: cloud.zone,
          network: cloud.network,
          hostname: full,
          state: 'RUNNING',
        },
      };
  }
}
