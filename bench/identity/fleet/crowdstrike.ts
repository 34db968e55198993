import { hash, hex32 } from '../../../simulator/random.js';
import { spell } from '../../../simulator/render/mac.js';
import { isoSeconds } from '../../../simulator/times.js';
import { fullName } from './qualys.js';
import type { Sighting } from './sightings.js';

const CID = '039b8503f1f44628b8fa96d590d90000';
const PROVIDERS = { AWS: 'AWS_EC2_V2', AZURE: 'AZURE', GCP: 'GCP' } as const;

/** A Falcon device: one MAC and one address, of the interface that connected last; the serial, never the UUID itself. */
export function crowdstrikeRecord(seed: number, sighting: Sighting): { id: string; raw: object } {
  const { machine, state, lacks, number, contactNic } = sighting;
  const { os, cloud } = machine;
  const id = hex32(seed, machine.slot * 16 + number, 30);
  const pod = machine.kind === 'pod';
  const windows = os.platform === 'Windows';
  const raw: Record<string, unknown> = {
    device_id: id,
    cid: CID,
    agent_version: `7.${14 + (hash(seed, machine.slot, 31) % 6)}.16000.0`,
    external_ip: sighting.externalIp,
    // Windows sensors report the NetBIOS name.
    hostname: windows ? state.name.slice(0, 15) : fullName(sighting),
    first_seen: isoSeconds(sighting.first),
    last_seen: isoSeconds(sighting.last),
    modified_timestamp: isoSeconds(sighting.last),
    local_ip: contactNic.ip,
    connection_ip: contactNic.ip,
    machine_domain: windows ? state.domain : '',
    os_version: os.crowdstrike,
    platform_name: os.platform,
    product_type_desc: pod ? 'Pod' : os.server ? 'Server' : 'Workstation',
    system_manufacturer: machine.manufacturer,
    system_product_name: machine.model,
    status: 'normal',
    tags: [],
    groups: [],
  };
  if (os.build) raw['os_build'] = os.build;
  if (machine.bios) [raw['bios_manufacturer'], raw['bios_version']] = [machine.manufacturer, machine.bios];
  if (!lacks.mac) raw['mac_address'] = raw['connection_mac_address'] = spell(contactNic.mac, '-');
  if (!lacks.serial && state.serial) raw['serial_number'] = state.serial;
  if (cloud && !lacks.cloud) {
    raw['instance_id'] = cloud.instance;
    raw['service_provider'] = PROVIDERS[cloud.provider];
    raw['service_provider_account_id'] = cloud.account;
    raw['zone_group'] = cloud.zone;
  }
  if (hash(seed, machine.slot * 16 + number, 33) % 10 < 7) raw['last_login_user'] = sighting.user;
  if (pod) {
    raw['pod_id'] = hex32(seed, machine.slot, 32);
    raw['pod_name'] = state.name;
    raw['pod_namespace'] = 'default';
    raw['pod_ip4'] = contactNic.ip;
  }
  return { id, raw };
}
