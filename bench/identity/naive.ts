import { isRaw, rawOf, type Raw } from '../../src/sources/mapping/raw.js';
import type { SourceName } from './fleet/machine.js';

/** The fields in which each vendor reports the hostname and the external address. */
const FIELDS: Record<SourceName, (raw: Raw) => readonly [unknown, unknown]> = {
  qualys: (raw) => [raw['dnsHostName'] ?? raw['name'], rawOf(raw['agentInfo'])['connectedFrom'] ?? raw['address']],
  crowdstrike: (raw) => [raw['hostname'], raw['external_ip']],
  tenable: (raw) => [first(raw['hostnames']) ?? first(raw['fqdns']), first(raw['ipv4s'])],
};

/** Hostname and external address, unchanged: the key of a naive approach. Empty when one is missing. */
export function naiveKey(source: SourceName, raw: unknown): string {
  if (!isRaw(raw)) return '';
  const [name, address] = FIELDS[source](raw);
  return typeof name === 'string' && typeof address === 'string' && name && address ? `${name}\n${address}` : '';
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}
