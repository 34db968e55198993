import {
  clean,
  cloudProvider,
  count,
  domain,
  earliest,
  hostname,
  ip,
  ips,
  ipScope,
  latest,
  mac,
  productName,
  shortName,
  text,
  time,
} from '../../host/canonical/index.js';
import { deviceType } from '../../host/canonical/device-type.js';
import { observation } from '../../host/observation.js';
import { parseOs } from '../../host/canonical/os.js';
import type { NetworkInterface } from '../../host/types.js';
import { RecordRejected, type Mapped } from '../../model/source.js';
import { cloudFacts, type CloudFacts } from './cloud.js';
import { entries, entryCount } from './lists.js';
import { isRaw, rawOf, type Raw } from '../mapping/raw.js';

/**
 * Maps a Qualys `HostAsset` (QPS `search/am/hostasset`) to an observation: native JSON, JSON made from XML, and extended JSON.
 * Optional values of a wrong type are omitted. Throws `RecordRejected` if the record is not an object or has no usable `id`.
 */
export function mapHostAsset(raw: unknown): Mapped {
  if (!isRaw(raw)) throw new RecordRejected('record is not an object');
  const asset = isRaw(raw['HostAsset']) ? raw['HostAsset'] : raw;
  const id = idOf(asset['id']);
  const agent = rawOf(asset['agentInfo']);
  const facts = cloudFacts(asset['sourceInfo']);
  const provider =
    facts?.provider ??
    (typeof asset['cloudProvider'] === 'string' ? cloudProvider(text(asset['cloudProvider']) ?? '') : undefined);

  const names = namesOf(asset, facts);
  const network = networkOf(asset, agent, facts, names.hostname);
  const os = text(asset['os']);
  const parsed = os === undefined ? undefined : parseOs(os);
  const vendor = productName(asset['manufacturer']);
  const model = productName(asset['model']);
  const kind = deviceType({ os, vendor, model, cloud: provider !== undefined });
  const agents = agentsOf(agent);
  const checkedIn = time(agent['lastCheckedIn']);
  const owner = text(asset['lastLoggedOnUser'], 256);

  // No spread in this literal: after a spread, V8 builds a literal of this size two hundred times slower.
  return {
    id,
    observation: observation({
      class: text(asset['type'])?.toUpperCase() === 'CONTAINER' ? 'container' : 'machine',
      device: {
        type_id: kind.type_id,
        type: kind.type,
        name: names.name,
        hostname: names.hostname,
        domain: domain(asset['domain']),
        ip: network.ip,
        mac: network.mac,
        network_interfaces: network.interfaces,
        os: parsed,
        hw_info: hardwareOf(asset),
        vendor_name: vendor,
        model,
        agent_list: agents,
        instance_uid: facts?.instance,
        image: { uid: facts?.image },
        region: facts?.region,
        zone: facts?.zone,
        vpc_uid: facts?.vpc,
        subnet_uid: facts?.subnet,
        // The command `last` lists these names as if they were users.
        owner: { name: owner === 'reboot' || owner === 'shutdown' || owner === 'runlevel' ? undefined : owner },
        is_managed: agents && true,
        first_seen_time: earliest(time(asset['created']), facts?.firstDiscovered),
        // Not `modified`: it is the last time at which Qualys wrote the record, for any reason.
        last_seen_time:
          latest(checkedIn, time(asset['lastVulnScan']), time(asset['lastComplianceScan'])) ?? facts?.lastUpdated,
        modified_time: time(asset['modified']),
        boot_time: time(asset['lastSystemBoot']),
      },
      cloud: { provider, account: { uid: facts?.account }, project_uid: facts?.project },
      external_ips: network.external,
      tags: [
        ...entries(asset['tags'], 'TagSimple').flatMap((tag) => clean(tag['name'], 256) ?? []),
        ...(facts?.tags ?? []),
      ],
      software_count: entryCount(asset['software'], 'HostAssetSoftware'),
      vulnerability_count: entryCount(asset['vuln'], 'HostAssetVuln'),
      status: facts?.state ?? text(agent['status'], 64),
    }),
  };
}

function idOf(value: unknown): string {
  const id = text(value, 256);
  if (id !== undefined) return id;
  if (value === undefined || value === null || typeof value === 'string') throw new RecordRejected('id is missing');
  throw new RecordRejected('id is neither a number nor text');
}

/**
 * Chooses the names. `dnsHostName` is the machine's own name. `fqdn` replaces that name only if `fqdn` is the same name
 * with a domain.
 */
function namesOf(
  asset: Raw,
  facts: CloudFacts | undefined,
): { name: string | undefined; hostname: string | undefined } {
  const name = text(asset['name'], 256);
  const fqdn = hostname(asset['fqdn']);
  const own =
    hostname(asset['dnsHostName']) ??
    fqdn ??
    hostname(asset['netbiosName']) ??
    hostname(facts?.hostname) ??
    hostname(name);
  const fuller =
    own !== undefined &&
    fqdn !== undefined &&
    !own.includes('.') &&
    shortName(fqdn) === own &&
    !fqdn.endsWith('.workgroup');
  return { name: name ?? text(asset['netbiosName'], 256), hostname: fuller ? fqdn : own };
}

interface Network {
  ip: string | undefined;
  mac: string | undefined;
  interfaces: NetworkInterface[];
  external: string[];
}

/** The addresses. A public address without a MAC is the external address, not the address of an interface. */
function networkOf(asset: Raw, agent: Raw, facts: CloudFacts | undefined, own: string | undefined): Network {
  const address = firstIp(asset['address']);
  const network: Network = { ip: address ?? facts?.privateIp, mac: undefined, interfaces: [], external: [] };
  for (const publicAddress of [facts?.publicIp, ip(agent['connectedFrom']), address]) {
    if (publicAddress !== undefined && ipScope(publicAddress) === 'public') network.external.push(publicAddress);
  }
  let first: string | undefined;
  for (const row of entries(asset['networkInterface'], 'HostAssetInterface')) {
    const address = firstIp(row['address']);
    const hardware = mac(row['macAddress']);
    const scope = address === undefined ? undefined : ipScope(address);
    if (scope === 'public') network.external.push(address as string);
    if (scope === 'local' || (scope === 'public' && hardware === undefined)) continue;
    first ??= hardware;
    if (address !== undefined && address === network.ip) network.mac ??= hardware;
    const name = hostname(row['hostname']);
    // The machine's own name on an interface adds no information, so it is omitted.
    const other = name === undefined || own === undefined || shortName(name) === shortName(own) ? undefined : name;
    const entry = { name: clean(row['interfaceName'], 128), hostname: other, ip: address, mac: hardware };
    if (entry.ip !== undefined || entry.mac !== undefined) network.interfaces.push(entry as NetworkInterface);
  }
  if (facts?.mac !== undefined && !network.interfaces.some((entry) => entry.mac === facts.mac)) {
    network.interfaces.push({ mac: facts.mac, ...(facts.privateIp === undefined ? {} : { ip: facts.privateIp }) });
  }
  network.mac ??= facts?.mac ?? first;
  return network;
}

/** Parses one or several addresses: some versions of the API put several into one string. */
function firstIp(value: unknown): string | undefined {
  return ip(value) ?? ips(value)[0];
}

/** BIOS description, for example `Xen 4.11.amazon 08/24/2006`: manufacturer, version, date. */
const BIOS = /^(.*?)(?: (\S*\d\S*))?(?: (\d{1,2}\/\d{1,2}\/\d{4}))?$/;

function hardwareOf(asset: Raw) {
  const bios = BIOS.exec(text(asset['biosDescription'], 256) ?? '');
  const processors = entries(asset['processor'], 'HostAssetProcessor');
  return {
    bios_date: bios?.[3],
    bios_manufacturer: productName(bios?.[1]),
    bios_ver: bios?.[2],
    cpu_count: processors.length || undefined,
    cpu_type: text(processors[0]?.['name'], 256),
    ram_size: count(asset['totalMemory']) || undefined,
  };
}

function agentsOf(agent: Raw) {
  const uid = text(agent['agentId'], 128)?.toLowerCase();
  if (uid === undefined) return undefined;
  const version = text(agent['agentVersion'], 64);
  return [
    {
      type_id: 5,
      type: 'Vulnerability Management',
      name: 'Qualys Cloud Agent',
      vendor_name: 'Qualys',
      uid,
      ...(version === undefined ? {} : { version }),
    },
  ];
}
