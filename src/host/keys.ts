import { cloudKey, cloudScope, providerOfInstance } from './cloud.js';
import { serialKey, serialNumber, uuid, uuidFromSerial, uuidKey } from './hardware.js';
import { SHARED_MAC_PREFIXES } from './junk/macs.js';
import { isLocalMac, isMulticastMac } from './mac.js';
import type { Agent, HostObservation } from './types.js';

/** What an identity key is made of, strongest first; keys are `kind:scope:value`. */
export type KeyKind = 'cloud' | 'agent' | 'serial' | 'uuid' | 'mac';

/** A Kubernetes node lists an interface per pod; more claims than this say nothing more about it. */
const MOST_MACS = 32;

/**
 * The identity keys that a record claims, sorted and distinct. Pods and containers report their node's identifiers, so they
 * claim none.
 *
 * | key | claimed from |
 * |---|---|
 * | `cloud:<provider>:<instance>` | instance id; the account only where ids are unique within one, see `cloudKey` |
 * | `agent:<vendor>:<uid>` | agents; an agent of the record's own vendor without an id is known by the record's native id |
 * | `serial::<serial>` | hardware serial, unless it is the hardware UUID in other words |
 * | `uuid::<uuid>` | SMBIOS UUID, such a serial, Azure's vmId; one spelling for both byte orders |
 * | `mac::<mac>` | vendor-assigned MACs that are not shared by kind |
 * | `mac:<provider>:<mac>` | locally administered MACs inside a cloud, where the provider draws them for one interface; EC2 has no others. Elsewhere they are random or a bridge's |
 *
 * The scope of a MAC is the provider, not the network or account: agents know neither, and the key must meet a connector's.
 */
export function identityKeys(vendor: string, nativeId: string, observation: HostObservation): string[] {
  if (observation.class !== 'machine') return [];
  const { device, cloud } = observation;
  const keys: string[] = [];

  const instance = device.instance_uid;
  const provider = cloud?.provider ?? (instance === undefined ? undefined : providerOfInstance(instance));
  if (instance !== undefined && provider !== undefined) {
    const key = cloudKey(provider, instance, cloud?.account?.uid ?? cloud?.project_uid);
    if (key !== undefined) keys.push(key);
    const vmId = provider === 'azure' ? uuid(instance) : undefined;
    if (vmId !== undefined) keys.push(`uuid::${uuidKey(vmId)}`);
  }
  if (device.agent_list) for (const agent of device.agent_list) claimAgent(keys, agent, vendor, nativeId);
  if (device.hw_info) claimHardware(keys, device.hw_info.serial_number, device.hw_info.uuid);
  claimMacs(keys, observation);

  keys.sort();
  return keys.filter((key, at) => key !== keys[at - 1]);
}

function claimAgent(keys: string[], agent: Agent, vendor: string, nativeId: string): void {
  const scope = agent.vendor_name.toLowerCase();
  const uid = (agent.uid ?? (scope === vendor ? nativeId : '')).toLowerCase();
  // Short numbers are counted per console, not per vendor.
  if (uid.length < 12 || uid.length > 128 || /^\d+$/.test(uid) || /^[0-]+$/.test(uid)) return;
  keys.push(`agent:${scope.replaceAll(':', '_')}:${uid}`);
}

function claimHardware(keys: string[], serial: string | undefined, hardwareUuid: string | undefined): void {
  const reported = hardwareUuid === undefined ? undefined : uuid(hardwareUuid);
  if (reported !== undefined) keys.push(`uuid::${uuidKey(reported)}`);
  const usable = serialNumber(serial);
  if (usable === undefined) return;
  const within = uuidFromSerial(usable);
  if (within !== undefined) keys.push(`uuid::${uuidKey(within)}`);
  else if (!UUID_SHAPED.test(usable)) keys.push(`serial::${serialKey(usable)}`);
}

/** A serial in the form of a UUID that is no usable one is a placeholder. */
const UUID_SHAPED = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const SHARED_MAC = new RegExp(`^(?:${SHARED_MAC_PREFIXES.join('|')})`);

function claimMacs(keys: string[], observation: HostObservation): void {
  const { device } = observation;
  const first = keys.length;
  let scope: string | undefined;
  let scoped = false;
  const claim = (mac: string) => {
    if (isMulticastMac(mac) || SHARED_MAC.test(mac)) return;
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
  for (const { mac } of device.network_interfaces ?? []) {
    if (mac !== undefined && mac !== last) claim(mac);
    last = mac;
  }
  if (keys.length - first > MOST_MACS) {
    // `mac::…` sorts before `mac:aws:…`: vendor-assigned ones stay.
    const macs = [...new Set(keys.splice(first))].sort();
    keys.push(...macs.slice(0, MOST_MACS));
  }
}
