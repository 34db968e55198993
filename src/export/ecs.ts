import type { Agent, Device, Os } from '../host/types.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { jsonLines, present } from './format.js';

const VERSION = '8.17.0';

/** Allowed values of `os.type`, by OCSF's `type_id`. */
const OS_TYPES: [type: string, ids: readonly number[]][] = [
  ['windows', [100, 101]],
  ['linux', [200]],
  ['android', [201]],
  ['macos', [300]],
  ['ios', [301, 302]],
  ['unix', [400, 401, 402]],
];

/** A host as a document of the Elastic Common Schema. Fields without a place in ECS are under `rollcall`. */
export function assetDocument(host: HostDoc): object {
  const { device, cloud } = host;
  const time = host.last_seen ?? host.updated_at;
  const ips = unique([device.ip, ...(device.network_interfaces ?? []).map(({ ip }) => ip)]);
  const macs = unique([device.mac, ...(device.network_interfaces ?? []).map(({ mac }) => mac)]);
  return present({
    '@timestamp': time,
    ecs: { version: VERSION },
    event: {
      kind: 'asset',
      category: ['host'],
      type: ['info'],
      module: 'rollcall',
      dataset: 'rollcall.hosts',
      id: `${host._id}.${host.version}.${time.getTime()}`,
    },
    observer: { vendor: 'Rollcall', product: 'Rollcall' },
    host: present({
      id: host._id,
      name: device.hostname ?? device.name ?? host._id,
      hostname: device.hostname,
      domain: device.domain,
      type: device.type?.toLowerCase(),
      ip: ips,
      mac: macs.map((mac) => mac.replaceAll(':', '-').toUpperCase()), // RFC 7042 notation, as ECS requires
      os: device.os && osOf(device.os),
    }),
    device: present({ manufacturer: device.vendor_name, model: device.model ? { name: device.model } : undefined }),
    agent: agentOf(device),
    cloud: cloud && cloudOf(device, cloud),
    related: present({ ip: unique([...ips, ...host.external_ips]), hosts: unique([device.hostname, device.name]) }),
    tags: host.tags,
    rollcall: ownOf(host),
  });
}

function osOf({ name, type_id: id, version, kernel_release: kernel }: Os): object {
  const type = OS_TYPES.find(([, ids]) => ids.includes(id))?.[0];
  return present({ name, full: version === undefined ? name : `${name} ${version}`, version, kernel, type });
}

/** ECS has one agent: the one for detection and response, else the first. All agents are under `rollcall`. */
function agentOf({ agent_list: agents = [] }: Device): object | undefined {
  const agent: Agent | undefined = agents.find(({ type_id: type }) => type === 1) ?? agents[0];
  return agent && present({ id: agent.uid, name: agent.name, type: agent.vendor_name, version: agent.version });
}

function cloudOf(device: Device, cloud: NonNullable<HostDoc['cloud']>): object {
  return present({
    provider: cloud.provider,
    account: cloud.account && { id: cloud.account.uid },
    project: cloud.project_uid === undefined ? undefined : { id: cloud.project_uid },
    instance: device.instance_uid === undefined ? undefined : { id: device.instance_uid },
    region: device.region,
    availability_zone: device.zone,
  });
}

function ownOf(host: HostDoc): object {
  const { device } = host;
  return present({
    class: host.class,
    status: host.status,
    retired: host.retired,
    serial_number: device.hw_info?.serial_number,
    uuid: device.hw_info?.uuid,
    owner: device.owner?.name,
    agents: device.agent_list,
    external_ip: host.external_ips,
    software_count: host.software_count,
    vulnerability_count: host.vulnerability_count,
    first_seen: host.first_seen,
    last_seen: host.last_seen,
    boot_time: device.boot_time,
    sources: unique(host.sources.map(({ source }) => source)),
    records: host.sources.map(({ record }) => record),
  });
}

const unique = (list: readonly (string | undefined)[]): string[] =>
  [...new Set(list)].filter((entry) => entry !== undefined);

export const ecs = jsonLines(assetDocument);
