import { identityKeys } from '../../src/host/keys.js';
import { observation, type DeviceDraft, type ObservationDraft } from '../../src/host/observation.js';
import { resolve } from '../../src/host/resolve.js';
import type { HostRecord } from '../../src/host/types.js';

interface Given extends DeviceDraft, Omit<Partial<ObservationDraft>, 'device'> {
  gone?: boolean;
  keys?: string[];
}

/** A record `vendor:id` with the keys that its observation claims. */
export function record(
  id: string,
  {
    gone = false,
    keys,
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
    device,
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

export const aws = { provider: 'aws' };
export const nic = (mac: string, ip?: string) => ({ network_interfaces: [{ mac, ip }] });

/** The members of each cluster, as text. */
export function clusters(records: readonly HostRecord[], cut: Iterable<string> = []): string[] {
  return resolve(records, new Set(cut)).clusters.map(({ members }) => members.join(' '));
}
