import { identityKeys } from '../../src/host/identity/keys.js';
import { observation, type DeviceDraft, type ObservationDraft } from '../../src/host/observation.js';
import { keyStates, resolve } from '../../src/host/identity/resolve.js';
import type { Decisions, Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';

interface Given extends DeviceDraft, Omit<Partial<ObservationDraft>, 'device'> {
  gone?: boolean;
  keys?: string[];
  /** Days on which it was first and last seen. */
  activeDays?: [number, number];
}

/** A record `vendor:id` with the keys of its observation. */
export function record(
  id: string,
  {
    gone = false,
    keys,
    activeDays,
    class: kind = 'machine',
    cloud,
    external_ips,
    tags,
    software_count,
    vulnerability_count,
    status,
    ...device
  }: Given = {},
): HostRecord {
  const vendor = id.slice(0, id.indexOf(':'));
  const observed = observation({
    class: kind,
    device: activeDays
      ? { ...device, first_seen_time: day(activeDays[0]), last_seen_time: day(activeDays[1]) }
      : device,
    ...(cloud ? { cloud } : {}),
    ...(external_ips ? { external_ips } : {}),
    ...(tags ? { tags } : {}),
    software_count,
    vulnerability_count,
    status,
  });
  return {
    id,
    source: vendor,
    vendor,
    observation: observed,
    keys: keys ?? identityKeys(vendor, id.slice(vendor.length + 1), observed),
    gone,
  };
}

const day = (at: number) => new Date(Date.UTC(2026, 0, 1) + at * 86_400_000);

export const aws = { provider: 'aws' };
export const nic = (mac: string, ip?: string) => ({ network_interfaces: [{ mac, ip }] });

/** Resolves the records with the states of their keys. The keys in `suppressed` are suppressed as well. */
export function resolved(
  records: readonly HostRecord[],
  suppressed: Iterable<string> = [],
  decisions: Decisions = [],
): Resolution {
  const states = keyStates(records);
  for (const key of suppressed) states.set(key, { state: 'suppressed', holders: 99, why: 'holders' });
  return resolve(records, states, decisions);
}

/** The members of each cluster, as text. */
export function clusters(
  records: readonly HostRecord[],
  suppressed: Iterable<string> = [],
  decisions: Decisions = [],
): string[] {
  return resolved(records, suppressed, decisions).clusters.map(({ members }) => members.join(' '));
}
