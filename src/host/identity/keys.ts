import { cloudKey, cloudScope, providerOfInstance } from '../canonical/cloud.js';
import { serialKey, serialNumber, serviceTag, uuid, uuidFromSerial, uuidKey } from '../canonical/hardware.js';
import { domain, isAddressName, NETBIOS_LENGTH, shortName } from '../canonical/hostname.js';
import { privateIps } from '../canonical/ip.js';
import { denyListsOf, type CompiledDenyLists } from '../canonical/deny-lists/index.js';
import { isLocalMac, isMulticastMac } from '../canonical/mac.js';
import type { Agent, Device, HostObservation } from '../types.js';

/** The kinds of identity keys, strongest first; keys are `kind:scope:value`. */
export type KeyKind = 'cloud' | 'agent' | 'serial' | 'uuid' | 'mac' | 'fqdn' | 'name-ip' | 'name';

/** Maximum number of MAC keys. A Kubernetes node lists an interface per pod; more keys than this add no evidence. */
const MOST_MACS = 32;
/** Maximum number of addresses: the machine's own address and the addresses of two more interfaces. */
const MOST_ADDRESSES = 3;

const BUILT_IN = denyListsOf();

/**
 * Derives the identity keys of a record, sorted and distinct. Pods and containers have none, because they report their
 * node's identifiers; an address, an external address or a network alone is no key.
 *
 * | key | strength | derived from |
 * |---|---|---|
 * | `cloud:<provider>:<instance>` | authoritative | instance id; the account only where ids are unique within one, see `cloudKey` |
 * | `agent:<vendor>:<uid>` | strong | agents; an agent of the record's own vendor without an id gets the record's native id |
 * | `serial::<serial>` | strong | hardware serial, unless it is the hardware UUID in another spelling; the service tag in a Dell's UUID |
 * | `uuid::<uuid>` | strong | SMBIOS UUID, such a serial, Azure's vmId; one spelling for both byte orders |
 * | `mac::<mac>` | medium | vendor-assigned MACs, except MACs that many machines share |
 * | `mac:<provider>:<mac>` | medium | locally administered MACs inside a cloud, where the provider assigns each to one interface; EC2 has no others. Elsewhere they are random or a bridge's |
 * | `fqdn::<name>` | weak | a specific name within a real domain, from DNS or from the directory |
 * | `name-ip:<address>:<name>` | weak | a specific short name with a private address, truncated to NetBIOS' length |
 * | `name-ip:<external>/<address>:<name>` | weak | a common name (the name of a product, or a name made of an address) with a private address behind an external one |
 * | `name::<name>`, `name:netbios:<name>` | never alone | a specific short name; long ones also truncated to NetBIOS' length |
 *
 * The scope of a MAC is the provider, not the network or account: agents report neither, and the key of an agent must equal
 * the key of a connector. A name derived from an address is no name key. `denyLists` are the built-in lists, or
 * `denyListsOf` an operator's additions.
 */
export function identityKeys(
  vendor: string,
  nativeId: string,
  observation: HostObservation,
  denyLists: CompiledDenyLists = BUILT_IN,
): string[] {
  if (observation.class !== 'machine') return [];
  const { device } = observation;
  const keys: string[] = [];
  addInstanceKeys(keys, observation);
  if (device.agent_list) for (const agent of device.agent_list) addAgentKey(keys, agent, vendor, nativeId);
  if (device.hw_info) addHardwareKeys(keys, device.hw_info.serial_number, device.hw_info.uuid, denyLists);
  addMacKeys(keys, observation, denyLists);
  addNameKeys(keys, observation, denyLists);
  keys.sort();
  return keys.filter((key, at) => key !== keys[at - 1]);
}

function addInstanceKeys(keys: string[], { cloud, device }: HostObservation): void {
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

function addAgentKey(keys: string[], agent: Agent, vendor: string, nativeId: string): void {
  const scope = agent.vendor_name.toLowerCase();
  const uid = (agent.uid ?? (scope === vendor ? nativeId : '')).toLowerCase();
  // Short numeric ids are unique per console, not per vendor.
  if (uid.length < 12 || uid.length > 128 || /^\d+$/.test(uid) || /^[0-]+$/.test(uid)) return;
  keys.push(`agent:${scope.replaceAll(':', '_')}:${uid}`);
}

function addHardwareKeys(
  keys: string[],
  serial: string | undefined,
  hardwareUuid: string | undefined,
  denyLists: CompiledDenyLists,
): void {
  const addUuid = (found: string | undefined) => {
    if (found === undefined) return;
    const key = uuidKey(found);
    if (denyLists.uuid(key)) return;
    keys.push(`uuid::${key}`);
    addSerial(serviceTag(found));
  };
  const addSerial = (found: string | undefined) => {
    if (found === undefined) return;
    const key = serialKey(found);
    if (!denyLists.serial(key)) keys.push(`serial::${key}`);
  };
  if (hardwareUuid !== undefined) addUuid(uuid(hardwareUuid));
  const usable = serialNumber(serial);
  if (usable === undefined) return;
  const within = uuidFromSerial(usable);
  if (within !== undefined) addUuid(within);
  else if (!UUID_SHAPED.test(usable)) addSerial(usable);
}

/** A serial in the form of a UUID that is not a usable UUID is a placeholder. */
const UUID_SHAPED = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function addMacKeys(keys: string[], observation: HostObservation, denyLists: CompiledDenyLists): void {
  const { device } = observation;
  const first = keys.length;
  let scope: string | undefined;
  let scoped = false;
  const add = (mac: string) => {
    if (isMulticastMac(mac) || denyLists.mac(mac)) return;
    if (!isLocalMac(mac)) {
      keys.push(`mac::${mac}`);
      return;
    }
    if (!scoped) scope = cloudScope(observation);
    scoped = true;
    if (scope !== undefined) keys.push(`mac:${scope}:${mac}`);
  };
  if (device.mac !== undefined) add(device.mac);
  let last = device.mac;
  if (device.network_interfaces) {
    for (const { mac } of device.network_interfaces) {
      if (mac !== undefined && mac !== last) add(mac);
      last = mac;
    }
  }
  if (keys.length - first > MOST_MACS) {
    // `mac::…` sorts before `mac:aws:…`, so vendor-assigned MACs are kept.
    const macs = [...new Set(keys.splice(first))].sort();
    keys.push(...macs.slice(0, MOST_MACS));
  }
}

/** Form of a host name. A machine's display name is used as a host name if it has this form. */
const HOST_NAME = /^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$/;

function addNameKeys(keys: string[], observation: HostObservation, denyLists: CompiledDenyLists): void {
  const { device } = observation;
  const { hostname, name } = device;
  const addresses = privateIps(device, MOST_ADDRESSES);
  const add = (full: string) => {
    const short = shortName(full);
    if (/^\d+$/.test(short)) return;
    if (denyLists.name(short) || isAddressName(short))
      addCommonNameKey(keys, short, addresses, observation.external_ips);
    else addNameKey(keys, full, short, device, addresses, denyLists);
  };
  if (hostname !== undefined) add(hostname);
  if (name === undefined || name.length > 255) return;
  const folded = name.toLowerCase();
  if (folded !== hostname && HOST_NAME.test(folded)) add(folded);
}

/**
 * Adds a key for a name that many machines have. Such a name is distinctive only together with a private address behind one
 * external address, because that address is assigned to one machine at a time.
 */
function addCommonNameKey(keys: string[], short: string, [own]: readonly string[], external: readonly string[]): void {
  if (own === undefined) return;
  for (const address of external.slice(0, 2)) keys.push(`name-ip:${address}/${own}:${short}`);
}

const truncated = (short: string) => short.slice(0, NETBIOS_LENGTH);

function addNameKey(
  keys: string[],
  full: string,
  short: string,
  device: Device,
  addresses: readonly string[],
  denyLists: CompiledDenyLists,
): void {
  keys.push(`name::${short}`);
  if (short.length >= NETBIOS_LENGTH) keys.push(`name:netbios:${truncated(short)}`);
  for (const address of addresses) keys.push(`name-ip:${address}:${truncated(short)}`);
  const own = domain(full.slice(short.length + 1));
  if (own !== undefined && !denyLists.domain(own)) keys.push(`fqdn::${short}.${own}`);
  const directory = device.domain?.toLowerCase();
  if (directory !== undefined && directory !== own && !denyLists.domain(directory))
    keys.push(`fqdn::${short}.${directory}`);
}
