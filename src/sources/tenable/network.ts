import { clean, ip, ipScope, mac } from '../../host/canonical/index.js';
import { isRaw, type Raw } from '../mapping/raw.js';
import { many, one } from './lists.js';

interface Row {
  name?: string | undefined;
  ip?: string | undefined;
  mac?: string | undefined;
}

/** Interfaces of container and hypervisor bridges, which have the same address on all machines. */
const BRIDGE = /^(?:docker|virbr|br-|cni|veth|vethernet)/i;

/**
 * An asset's interfaces, its main address and MAC, and its external addresses. The lists have no order: the main address is
 * the first private address that does not belong to a bridge.
 */
export function networkOf(raw: Raw, network: Raw) {
  const interfaces: Row[] = [];
  const external: string[] = [];
  let own = ip(one(raw['display_ipv4_address']));
  let bridged: string | undefined;
  let first: string | undefined;
  for (const row of rowsOf(raw, network)) {
    const scope = row.ip === undefined ? undefined : ipScope(row.ip);
    const isBridge = row.name !== undefined && BRIDGE.test(row.name);
    if (scope === 'public') external.push(row.ip as string);
    if (scope === 'private') {
      if (isBridge) bridged ??= row.ip;
      else own ??= row.ip;
    }
    if (!isBridge) first ??= row.mac;
    // A public address without a MAC is the external address, not the address of an interface.
    if (scope !== 'local' && (scope !== 'public' || row.mac !== undefined)) interfaces.push(row);
  }
  own ??= external[0] ?? bridged;
  const carrier = interfaces.find((row) => row.ip === own && row.mac !== undefined);
  return { own, interfaces, external, first: carrier?.mac ?? first };
}

/** Rows of the interfaces, then MACs and addresses that no interface has. */
function rowsOf(raw: Raw, network: Raw): Row[] {
  const rows: Row[] = [];
  for (const entry of many(raw['network_interfaces'], network['network_interfaces'], raw['interfaces'])) {
    if (isRaw(entry)) rows.push(...rowsOfInterface(entry));
  }
  const known = new Set<string | undefined>();
  for (const row of rows) known.add(row.ip).add(row.mac);
  for (const value of macs(raw['mac_addresses'], network['mac_addresses'], raw['mac_address'])) {
    if (!known.has(value)) rows.push({ mac: value });
  }
  for (const value of [
    ...addresses(raw['ipv4s'], network['ipv4s'], raw['ipv4_addresses'], raw['ipv4']),
    ...addresses(raw['ipv6s'], network['ipv6s'], raw['ipv6_addresses'], raw['ipv6']),
  ]) {
    if (!known.has(value)) rows.push({ ip: value });
  }
  return rows;
}

/** Combines addresses with a MAC only if the interface has exactly one MAC: with several, the assignment is unknown. */
function rowsOfInterface(entry: Raw): Row[] {
  const label = clean(entry['name'], 128);
  const name = label === 'UNKNOWN' ? undefined : label;
  const hardware = macs(entry['mac_addresses'], entry['mac_address']);
  const ownAddresses = [
    ...addresses(entry['ipv4s'], entry['ipv4'], entry['ipv4_addresses']),
    ...addresses(entry['ipv6s'], entry['ipv6'], entry['ipv6_addresses']),
  ];
  if (hardware.length === 1 && ownAddresses.length > 0)
    return ownAddresses.map((address) => ({ name, ip: address, mac: hardware[0] }));
  return [
    ...hardware.map((value) => ({ name, mac: value })),
    ...ownAddresses.map((address) => ({ name, ip: address })),
  ];
}

function macs(...lists: unknown[]): string[] {
  return many(...lists).flatMap((value) => mac(value) ?? []);
}

function addresses(...lists: unknown[]): string[] {
  return many(...lists).flatMap((value) => ip(value) ?? []);
}
