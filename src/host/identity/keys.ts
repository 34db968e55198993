import { cloudKey, cloudScope, providerOfInstance } from '../canonical/cloud.js';
import { serialKey, serialNumber, serviceTag, uuid, uuidFromSerial, uuidKey } from '../canonical/hardware.js';
import { domain, isAddressName, NETBIOS_LENGTH, shortName } from '../canonical/hostname.js';
import { privateIps } from '../canonical/ip.js';
import { denyListsOf, type Junk } from '../canonical/deny-lists/index.js';
import { isLocalMac, isMulticastMac } from '../canonical/mac.js';
import type { Agent, Device, HostObservation } from '../types.js';

/** What an identity key is made of, strongest first; keys are `kind:scope:value`. */
export type KeyKind = 'cloud' | 'agent' | 'serial' | 'uuid' | 'mac' | 'fqdn' | 'name-ip' | 'name';

/** A Kubernetes node lists an interface per pod; more claims than this say nothing more about it. */
const MOST_MACS = 32;
/** A machine's own address and those of two more interfaces. */
const MOST_ADDRESSES = 3;

const JUNK = denyListsOf();

/**
 * The identity keys that a record claims, sorted and distinct. Pods and containers report their node's identifiers, so they
 * claim none; nor do an address, an external address or a network alone.
 *
 * | key | strength | claimed from |
 * |---|---|---|
 * | `cloud:<provider>:<instance>` | authoritative | instance id; the account only where ids are unique within one, see `cloudKey` |
 * | `agent:<vendor>:<uid>` | strong | agents; an agent of the record's own vendor without an id is known by the record's native id |
 * | `serial::<serial>` | strong | hardware serial, unless it is the hardware UUID in other words; the service tag in a Dell's UUID |
 * | `uuid::<uuid>` | strong | SMBIOS UUID, such a serial, Azure's vmId; one spelling for both byte orders |
 * | `mac::<mac>` | medium | vendor-assigned MACs that are not shared by kind |
 * | `mac:<provider>:<mac>` | medium | locally administered MACs inside a cloud, where the provider draws them for one interface; EC2 has no others. Elsewhere they are random or a bridge's |
 * | `fqdn::<name>` | weak | a specific name within a real domain, from DNS or from the directory |
 * | `name-ip:<address>:<name>` | weak | a specific short name with a private address, cut to NetBIOS' length |
 * | `name-ip:<external>/<address>:<name>` | weak | a common name (a product's, one made of an address) with a private address behind an external one |
 * | `name::<name>`, `name:netbios:<name>` | never alone | a specific short name; long ones also as NetBIOS cuts them |
 *
 * The scope of a MAC is the provider, not the network or account: agents know neither, and the key must meet a connector's.
 * A name made of an address is no name. `junk` are the built-in lists, or `denyListsOf` an operator's additions.
 */
export function identityKeys(
  vendor: string,
  nativeId: string,
  observation: HostObservation,
  junk: Junk = JUNK,
): string[] {
  if (observation.class !== 'machine') return [];
  const { device } = observation;
  const keys: string[] = [];
  claimInstance(keys, observation);
  if (device.agent_list) for (const agent of device.agent_list) claimAgent(keys, agent, vendor, nativeId);
  if (device.hw_info) claimHardware(keys, device.hw_info.serial_number, device.hw_info.uuid, junk);
  claimMacs(keys, observation, junk);
  claimNames(keys, observation, junk);
  keys.sort();
  return keys.filter((key, at) => key !== keys[at - 1]);
}

function claimInstance(keys: string[], { cloud, device }: HostObservation): void {
  let instance = device.instance_uid;
  if (instance === undefined && device.hostname?.startsWith('i-')) instance = shortName(device.hostname);
  if (instance === undefined) return;
  const provider = (device.instance_uid && cloud?.provider) ?? providerOfInstance(instance);
  if (provider === undefined) return;
  const key = cloudKey(provider, instance, cloud?.account?.uid ?? cloud?.project_uid);
  if (key !== undefined) keys.push(key);
  const vmId = provider === 'azure' ? uuid(instance) : undefined;
  if (vmId !== undefined) keys.push(`uuid::${uuidKey(vmId)}`);
}

function claimAgent(keys: string[], agent: Agent, vendor: string, nativeId: string): void {
  const scope = agent.vendor_name.toLowerCase();
  const uid = (agent.uid ?? (scope === vendor ? nativeId : '')).toLowerCase();
  // Short numbers are counted per console, not per vendor.
  if (uid.length < 12 || uid.length > 128 || /^\d+$/.test(uid) || /^[0-]+$/.test(uid)) return;
  keys.push(`agent:${scope.replaceAll(':', '_')}:${uid}`);
}

function claimHardware(keys: string[], serial: string | undefined, hardwareUuid: string | undefined, junk: Junk): void {
  const claimUuid = (found: string | undefined) => {
    if (found === undefined) return;
    const key = uuidKey(found);
    if (junk.uuid(key)) return;
    keys.push(`uuid::${key}`);
    claimSerial(serviceTag(found));
  };
  const claimSerial = (found: string | undefined) => {
    if (found === undefined) return;
    const key = serialKey(found);
    if (!junk.serial(key)) keys.push(`serial::${key}`);
  };
  if (hardwareUuid !== undefined) claimUuid(uuid(hardwareUuid));
  const usable = serialNumber(serial);
  if (usable === undefined) return;
  const within = uuidFromSerial(usable);
  if (within !== undefined) claimUuid(within);
  else if (!UUID_SHAPED.test(usable)) claimSerial(usable);
}

/** A serial in the form of a UUID that is no usable one is a placeholder. */
const UUID_SHAPED = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function claimMacs(keys: string[], observation: HostObservation, junk: Junk): void {
  const { device } = observation;
  const first = keys.length;
  let scope: string | undefined;
  let scoped = false;
  const claim = (mac: string) => {
    if (isMulticastMac(mac) || junk.mac(mac)) return;
    if (!isLocalMac(mac)) {
      keys.push(`mac::${mac}`);
      return;
    }
    if (!scoped) scope = cloudScope(observation);
    scoped = true;
    if (scope !== undefined) keys.push(`mac:${scope}:${mac}`);
  };
  if (device.mac !== undefined) claim(device.mac);
  let last = device.mac;
  if (device.network_interfaces) {
    for (const { mac } of device.network_interfaces) {
      if (mac !== undefined && mac !== last) claim(mac);
      last = mac;
    }
  }
  if (keys.length - first > MOST_MACS) {
    // `mac::…` sorts before `mac:aws:…`: vendor-assigned ones stay.
    const macs = [...new Set(keys.splice(first))].sort();
    keys.push(...macs.slice(0, MOST_MACS));
  }
}

/** What a name consists of after its first label; a machine's display name counts where it is spelled like a host name. */
const HOST_NAME = /^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$/;

function claimNames(keys: string[], observation: HostObservation, junk: Junk): void {
  const { device } = observation;
  const { hostname, name } = device;
  const addresses = privateIps(device, MOST_ADDRESSES);
  const claim = (full: string) => {
    const short = shortName(full);
    if (/^\d+$/.test(short)) return;
    if (junk.name(short) || isAddressName(short)) claimCommonName(keys, short, addresses, observation.external_ips);
    else claimName(keys, full, short, device, addresses, junk);
  };
  if (hostname !== undefined) claim(hostname);
  if (name === undefined || name.length > 255) return;
  const folded = name.toLowerCase();
  if (folded !== hostname && HOST_NAME.test(folded)) claim(folded);
}

/**
 * A name that many machines have tells something where there can be one of it: an address behind one external address is
 * given once at a time.
 */
function claimCommonName(keys: string[], short: string, [own]: readonly string[], external: readonly string[]): void {
  if (own === undefined) return;
  for (const address of external.slice(0, 2)) keys.push(`name-ip:${address}/${own}:${short}`);
}

const cut = (short: string) => short.slice(0, NETBIOS_LENGTH);

function claimName(
  keys: string[],
  full: string,
  short: string,
  device: Device,
  addresses: readonly string[],
  junk: Junk,
): void {
  keys.push(`name::${short}`);
  if (short.length >= NETBIOS_LENGTH) keys.push(`name:netbios:${cut(short)}`);
  for (const address of addresses) keys.push(`name-ip:${address}:${cut(short)}`);
  const own = domain(full.slice(short.length + 1));
  if (own !== undefined && !junk.domain(own)) keys.push(`fqdn::${short}.${own}`);
  const directory = device.domain?.toLowerCase();
  if (directory !== undefined && directory !== own && !junk.domain(directory)) keys.push(`fqdn::${short}.${directory}`);
}
