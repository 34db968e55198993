import { identityKeys } from '../../src/host/identity/keys.js';
import { observation, type DeviceDraft, type ObservationDraft } from '../../src/host/observation.js';
import { keyStates, resolve } from '../../src/host/identity/resolve.js';
import type { Decisions, Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';

interface Given extends DeviceDraft, Omit<Partial<ObservationDraft>, 'device'> {
  gone?: boolean;
  keys?: string[];
  /** Days on which it was first and last seen. */
  life?: [number, number];
}

/** A record `vendor:id` with the keys that its observation claims. */
export function record(
  id: string,
  {
    gone = false,
    keys,
    life,
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
    device: life ? { ...device, first_seen_time: day(life[0]), last_seen_time: day(life[1]) } : device,
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

/** Resolves the records with their keys' states, and with the keys in `cut` cut. */
export function resolved(
  records: readonly HostRecord[],
  cut: Iterable<string> = [],
  decisions: Decisions = [],
): Resolution {
  const states = keyStates(records);
  for (const key of cut) states.set(key, { state: 'cut', holders: 99, why: 'holders' });
  return resolve(records, states, decisions);
}

/** The members of each cluster, as text. */
export function clusters(
  records: readonly HostRecord[],
  cut: Iterable<string> = [],
  decisions: Decisions = [],
): string[] {
  return resolved(records, cut, decisions).clusters.map(({ members }) => members.join(' '));
}
