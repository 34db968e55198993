import type { Device, HardwareInfo, HostRecord } from '../types.js';
import { choose, type Candidate } from './choose.js';
import { DEVICE_RULES, HARDWARE_RULES, type Rule } from './survivorship-rules.js';
import { unionAgents, unionGroups, unionInterfaces } from './unions.js';

/** A device while its values are chosen. */
type Draft = Record<string, unknown>;

const DEVICE = (Object.entries(DEVICE_RULES) as [keyof typeof DEVICE_RULES, Rule][]).map(
  ([field, rule]) => [field, rule, `device.${field}`] as const,
);
const HARDWARE = (Object.entries(HARDWARE_RULES) as [keyof HardwareInfo, Rule][]).map(
  ([field, rule]) => [field, rule, `device.hw_info.${field}`] as const,
);
/**
 * Chooses the values of `device` among the records of a host, and adds to each candidate the paths that it supplies.
 * `union` are the candidates whose lists are merged.
 */
export function goldenDevice(
  ranked: readonly Candidate[],
  union: readonly Candidate[],
  members: readonly HostRecord[],
): Device {
  const first = ranked[0]!;
  // Starts as a copy of the best member's device, because most of its values survive. The loop below decides each value.
  const device: Draft = { ...first.record.observation.device };
  for (const [field, rule, path] of DEVICE) {
    // 0 means "Unknown", so a record with any other type supplies the value.
    const winner = choose(
      ranked,
      rule,
      ({ observation }) => observation.device[field] !== undefined && observation.device[field] !== 0,
    );
    if (!winner) continue;
    winner.supplies.push(path);
    if (winner === first) continue;
    const from = winner.record.observation.device;
    device[field] = from[field];
    if (field === 'type_id') device['type'] = from.type;
  }
  if (device['type'] === undefined) delete device['type'];
  hardware(device, ranked);
  lists(device, union);
  times(device, members);
  return device as unknown as Device;
}

function hardware(device: Draft, ranked: readonly Candidate[]): void {
  const found: Draft = { ...ranked[0]!.record.observation.device.hw_info };
  for (const [field, rule, path] of HARDWARE) {
    const winner = choose(ranked, rule, ({ observation }) => observation.device.hw_info?.[field] !== undefined);
    if (!winner) continue;
    winner.supplies.push(path);
    if (winner !== ranked[0]) found[field] = winner.record.observation.device.hw_info![field];
    device['hw_info'] = found;
  }
}

function lists(device: Draft, union: readonly Candidate[]): void {
  for (const [field, unite, path] of LISTS) {
    const entries = unite(union);
    if (entries.length === 0) continue;
    device[field] = entries;
    for (const { record, supplies } of union) if (record.observation.device[field]) supplies.push(path);
  }
}

/** The lists of `device`, and the function that merges the lists of several records. */
const LISTS = [
  ['network_interfaces', unionInterfaces, 'device.network_interfaces'],
  ['agent_list', unionAgents, 'device.agent_list'],
  ['groups', unionGroups, 'device.groups'],
] as const;

export const DEVICE_LIST_PATHS = LISTS.map(([, , path]) => path);

/** Uses all members, including gone ones: if nothing else changes, the store advances these times without this function. */
function times(device: Draft, members: readonly HostRecord[]): void {
  for (const [field, first] of TIMES) {
    let found: Date | undefined;
    for (const { observation } of members) {
      const time = observation.device[field];
      if (time && (!found || (first ? time < found : time > found))) found = time;
    }
    if (found) device[field] = found;
  }
}

const TIMES = [
  ['created_time', true],
  ['first_seen_time', true],
  ['last_seen_time', false],
  ['modified_time', false],
  ['boot_time', false],
] as const;
