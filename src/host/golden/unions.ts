import type { Candidate } from './choose.js';
import { agentText, groupText, strings } from '../observation.js';
import type { Agent, Device, HostRecord, NetworkInterface } from '../types.js';

/**
 * Merges all candidates' interfaces. Entries with the same address and MAC are combined; an entry with only the address or
 * only the MAC of another entry is omitted. Candidates are sorted best first, and earlier values are kept.
 */
export function unionInterfaces(candidates: readonly Candidate[]): NetworkInterface[] {
  const all: NetworkInterface[] = [];
  const whole = new Set<string>();
  for (const { record } of candidates) {
    for (const entry of record.observation.device.network_interfaces ?? []) {
      all.push(entry);
      if (entry.mac !== undefined && entry.ip !== undefined) whole.add(entry.mac).add(entry.ip);
    }
  }
  const found = new Map<string, NetworkInterface>();
  for (const entry of all) {
    const { mac, ip } = entry;
    const only = mac === undefined ? ip : ip === undefined ? mac : undefined;
    if (only !== undefined && whole.has(only)) continue;
    const key =
      mac === undefined && ip === undefined
        ? `\n${entry.name ?? ''}\n${entry.hostname ?? ''}`
        : `${mac ?? ''}\n${ip ?? ''}`;
    const known = found.get(key);
    found.set(key, known ? { ...entry, ...known } : entry);
  }
  return inOrder(found);
}

/** Merges all candidates' agents; of entries with the same vendor, kind and id the first is kept. */
export function unionAgents(candidates: readonly Candidate[]): Agent[] {
  const found = new Map<string, Agent>();
  for (const { record } of candidates) {
    for (const agent of record.observation.device.agent_list ?? []) {
      const key = agent.uid === undefined ? agentText(agent) : `${agent.vendor_name}\n${agent.type_id}\n${agent.uid}`;
      if (!found.has(key)) found.set(key, agent);
    }
  }
  return inOrder(found);
}

export function unionGroups(candidates: readonly Candidate[]): NonNullable<Device['groups']> {
  const found = new Map<string, { uid: string; name?: string }>();
  for (const { record } of candidates)
    for (const group of record.observation.device.groups ?? []) found.set(groupText(group), group);
  return inOrder(found);
}

export function unionTexts(
  candidates: readonly Candidate[],
  list: (record: HostRecord) => readonly string[],
  limit?: number,
): string[] {
  const all: string[] = [];
  for (const { record } of candidates) for (const text of list(record)) all.push(text);
  return strings(all, limit);
}

function inOrder<T>(found: ReadonlyMap<string, T>): T[] {
  if (found.size < 2) return [...found.values()];
  return [...found.keys()].sort().map((key) => found.get(key)!);
}
