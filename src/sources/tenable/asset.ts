import {
  clean,
  hostname,
  serialNumber,
  shortName,
  text,
  time,
  uuid,
  uuidFromSerial,
} from '../../host/canonical/index.js';
import { deviceType } from '../../host/canonical/device-type.js';
import { observation } from '../../host/observation.js';
import { parseOs } from '../../host/canonical/os.js';
import { RecordRejected, type Mapped } from '../../model/source.js';
import { isRaw, listOf, rawOf, type Raw } from '../mapping/raw.js';
import { cloudOf } from './cloud.js';
import { many, one } from './lists.js';
import { networkOf } from './network.js';

/**
 * Maps an asset of Tenable Vulnerability Management to an observation: the export's records of version 1 (flat) and 2
 * (grouped in `network`, `timestamps`, `scan`, `cloud`), and the records of the older listings, which use the singular or
 * `first_observed`, `bios_id`, `ipv4_addresses`. Optional values of a wrong type are omitted. Throws `RecordRejected` if
 * the record is not an object or has no usable `id`.
 */
export function mapAsset(raw: unknown): Mapped {
  if (!isRaw(raw)) throw new RecordRejected('record is not an object');
  const id = idOf(raw['id'] ?? raw['uuid']);
  const network = rawOf(raw['network']);
  const times = rawOf(raw['timestamps']);
  const scan = rawOf(raw['scan']);

  const names = namesOf(raw, network);
  const { own, interfaces, external, first } = networkOf(raw, network);
  const { cloud, instance, region, zone, vpc, subnet, image, state } = cloudOf(raw);
  const os = osOf(raw);
  const serial = serialNumber(one(raw['serial_number'] ?? raw['serial_numbers']));
  const hardwareUuid = uuid(one(raw['bios_uuid'] ?? raw['bios_id'] ?? rawOf(raw['identities'])['bios_uuid']));
  const kind = deviceType({ os, cloud: cloud.provider !== undefined });
  const agent = agentOf(raw);

  // No spread in this literal: after a spread, V8 builds a literal of this size two hundred times slower.
  return {
    id,
    observation: observation({
      class: 'machine',
      device: {
        type_id: kind.type_id,
        type: kind.type,
        name: names.name,
        hostname: names.hostname,
        ip: own,
        mac: first,
        network_interfaces: interfaces,
        os: os === undefined ? undefined : parseOs(os),
        hw_info: {
          serial_number: serial,
          uuid: hardwareUuid ?? (serial === undefined ? undefined : uuidFromSerial(serial)),
        },
        agent_list: agent,
        instance_uid: instance,
        image: { uid: image },
        region,
        zone,
        vpc_uid: vpc,
        subnet_uid: subnet,
        is_managed: agent && true,
        first_seen_time: time(raw['first_seen'] ?? times['first_seen'] ?? raw['first_observed']),
        // Time of the last scan that found the asset; `updated_at` also changes with tags and ratings.
        last_seen_time:
          time(raw['last_seen'] ?? times['last_seen'] ?? raw['last_observed']) ??
          time(raw['last_scan_time'] ?? scan['last_scan_time']),
        modified_time: time(raw['updated_at'] ?? times['updated_at'] ?? raw['updated']),
      },
      cloud,
      external_ips: external,
      tags: tagsOf(raw['tags']),
      software_count: Array.isArray(raw['installed_software']) ? raw['installed_software'].length : undefined,
      status: statusOf(raw, times) ?? state,
    }),
  };
}

function idOf(value: unknown): string {
  const id = typeof value === 'string' ? text(value, 256)?.toLowerCase() : undefined;
  if (id !== undefined) return id;
  if (value === undefined || value === null || typeof value === 'string') throw new RecordRejected('id is missing');
  throw new RecordRejected('id is not text');
}

/**
 * Chooses the names. `hostnames` and `agent_names` are the machine's own names, `fqdns` are the DNS names of its addresses,
 * and NetBIOS names are cut after 15 characters. The lists contain all names that scans ever associated with the asset.
 */
function namesOf(raw: Raw, network: Raw): { name: string | undefined; hostname: string | undefined } {
  const fqdns = many(raw['fqdns'], network['fqdns'], raw['fqdn'], raw['display_fqdn']).flatMap(
    (value) => hostname(value) ?? [],
  );
  const netbios = text(one(raw['netbios_names'] ?? network['netbios_names'] ?? raw['netbios_name']), 256);
  const own =
    hostname(one(raw['hostnames'] ?? network['hostnames'] ?? raw['hostname'] ?? raw['host_name'])) ??
    hostname(one(raw['agent_names'] ?? raw['agent_name'])) ??
    (fqdns.length === 0 || (netbios !== undefined && netbios.length < 15) ? hostname(netbios) : undefined);
  const fuller =
    own === undefined || own.includes('.') ? undefined : fqdns.find((fqdn) => shortName(fqdn) === own && fqdn !== own);
  return { name: text(raw['name'], 256) ?? netbios ?? own, hostname: fuller ?? own ?? fqdns[0] };
}

/** The operating system. Several entries are the guesses of a scanner; they are joined. */
function osOf(raw: Raw): string | undefined {
  const listed = many(raw['operating_systems'], raw['operating_system'], raw['display_operating_system']);
  const lines = listed.flatMap((value) => text(value, 256) ?? []);
  return lines.length > 1 ? lines.join(' / ').slice(0, 256) : lines[0];
}

function agentOf(raw: Raw) {
  const uid = text(one(raw['agent_uuid'] ?? raw['tenable_uuid'] ?? raw['tenable_id']), 128)?.toLowerCase();
  if (uid === undefined) return undefined;
  return [{ type_id: 5, type: 'Vulnerability Management', name: 'Tenable Agent', vendor_name: 'Tenable', uid }];
}

/** Tags as `category=value`, like cloud tags. */
function tagsOf(value: unknown): string[] {
  return listOf(value).flatMap((tag) => {
    const { key, category, value } = rawOf(tag) as { key?: unknown; category?: unknown; value?: unknown };
    const name = clean(key ?? category, 256);
    return name === undefined ? [] : `${name}=${clean(value, 256) ?? ''}`;
  });
}

function statusOf(raw: Raw, times: Raw): string | undefined {
  if (time(raw['deleted_at'] ?? times['deleted_at']) || raw['is_deleted'] === true) return 'deleted';
  return time(raw['terminated_at'] ?? times['terminated_at']) ? 'terminated' : undefined;
}
