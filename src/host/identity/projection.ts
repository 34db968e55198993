import type { Agent, Device, HardwareInfo, HostObservation, NetworkInterface, Os } from '../types.js';

const NONE: string[] = [];
const texts = new Map<string, string>();
const systems = new Map<string, Os>();

/**
 * The observation reduced to the fields that identity rules may read, so that a million machines fit into memory. Equal
 * texts and systems share one object. Identity rules must not read the omitted fields (tags, groups, locations, software,
 * versions); a test compares the results of both forms.
 */
export function identityProjection({ class: kind, device: d, cloud, external_ips }: HostObservation): HostObservation {
  const device: { [field in keyof Device]?: Device[field] | undefined } = {
    type_id: d.type_id,
    name: d.name === d.hostname ? d.hostname : d.name,
    hostname: d.hostname,
    domain: interned(d.domain),
    ip: d.ip,
    mac: d.mac,
    network_interfaces: interfacesOf(d),
    os: d.os && systemOf(d.os),
    hw_info: d.hw_info && hardwareOf(d.hw_info),
    vendor_name: interned(d.vendor_name),
    model: interned(d.model),
    agent_list: d.agent_list?.map(agentOf),
    instance_uid: d.instance_uid,
    owner: d.owner,
    first_seen_time: d.first_seen_time,
    last_seen_time: d.last_seen_time,
  };
  const kept: HostObservation = {
    class: kind,
    device: device as Device,
    external_ips: external_ips.length === 0 ? NONE : external_ips,
    tags: NONE,
  };
  if (cloud) kept.cloud = cloud;
  return kept;
}

/** Returns one object for equal texts; manufacturers, models and domains have few distinct names. */
function interned(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < 10_000) texts.set(text, text);
  return text;
}

function systemOf(os: Os): Os {
  const text = `${os.type_id}\n${os.name}\n${os.version ?? ''}`;
  const known = systems.get(text);
  if (known) return known;
  if (systems.size < 10_000) systems.set(text, os);
  return os;
}

/** Reuses the record's own strings for addresses that repeat. */
function interfacesOf(d: Device): NetworkInterface[] | undefined {
  return d.network_interfaces?.map(({ ip, mac }) => ({
    ip: ip === d.ip ? d.ip : ip,
    mac: mac === d.mac ? d.mac : mac,
  })) as NetworkInterface[] | undefined;
}

function hardwareOf({ bios_manufacturer, bios_ver, serial_number, uuid }: HardwareInfo): HardwareInfo {
  return {
    bios_manufacturer: interned(bios_manufacturer),
    bios_ver: interned(bios_ver),
    serial_number,
    uuid: uuid === serial_number ? serial_number : uuid,
  } as HardwareInfo;
}

function agentOf({ type_id, name, vendor_name, uid }: Agent): Agent {
  return (uid === undefined ? { type_id, name, vendor_name } : { type_id, name, vendor_name, uid }) as Agent;
}
