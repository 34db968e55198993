import ipaddr from 'ipaddr.js';
import { INNER_NETWORKS } from './deny-lists/addresses.js';
import type { Device } from '../types.js';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/**
 * An address as canonical text (RFC 5952 for IPv6). Zone, prefix length and brackets are dropped; IPv4-mapped IPv6 becomes
 * IPv4. Returns `undefined` for octets with leading zeros (ambiguous: decimal or octal), for unspecified addresses and for
 * any other value.
 */
export function ip(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length < 2 || value.length > 64) return undefined;
  if (IPV4.test(value)) return value === '0.0.0.0' ? undefined : value;
  const bare = value
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/[%/].*$/, '');
  if (IPV4.test(bare)) return bare === '0.0.0.0' ? undefined : bare;
  const address = bare.includes(':') ? parse6(bare) : undefined;
  if (!address) return undefined;
  const text = address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
  return text === '::' || text === '0.0.0.0' ? undefined : text;
}

function parse6(text: string): ipaddr.IPv6 | undefined {
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return undefined;
  }
}

/** All addresses of a field that contains several addresses in one string (`10.0.0.5, fe80::1`) or in an array. */
export function ips(value: unknown): string[] {
  const parts: unknown[] = Array.isArray(value)
    ? value.slice(0, 64)
    : typeof value === 'string'
      ? value.slice(0, 4_096).split(/[,;\s]+/)
      : [];
  return parts.flatMap((part) => ip(part) ?? []);
}

/** The scope of a canonical address. `local` covers loopback, multicast, broadcast and reserved addresses, which identify no machine. */
export type IpScope = 'public' | 'private' | 'link' | 'local';

/** Documentation ranges count as public: recorded and generated records use them instead of real addresses. */
export function ipScope(ip: string): IpScope {
  return ip.includes(':') ? scopeOf6(ip) : scopeOf4(ip);
}

function scopeOf4(ip: string): IpScope {
  const dot = ip.indexOf('.');
  const first = Number(ip.slice(0, dot));
  if (first === 0 || first === 127 || first >= 224) return 'local';
  if (first === 10) return 'private';
  if (first !== 172 && first !== 192 && first !== 169 && first !== 100) return 'public';
  const second = Number(ip.slice(dot + 1, ip.indexOf('.', dot + 1)));
  if (first === 169 && second === 254) return 'link';
  // RFC 1918, and RFC 6598 for carriers' NAT.
  const shared = (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
  return shared || (first === 100 && second >= 64 && second < 128) ? 'private' : 'public';
}

function scopeOf6(ip: string): IpScope {
  const first = Number.parseInt(ip, 16);
  if (Number.isNaN(first)) return 'local';
  if (first >= 0x2000 && first < 0x4000) return 'public';
  if (first >= 0xfe80 && first < 0xfec0) return 'link';
  return first >= 0xfc00 && first < 0xfe00 ? 'private' : 'local';
}

/**
 * A machine's private addresses: the primary address first, then the others sorted by text. Addresses of software-created
 * networks are excluded.
 */
export function privateIps({ ip, network_interfaces }: Device, limit: number): string[] {
  const found: string[] = [];
  if (ip !== undefined && isPrivate(ip)) found.push(ip);
  if (network_interfaces === undefined) return found;
  const others: string[] = [];
  for (const { ip: other } of network_interfaces)
    if (other !== undefined && other !== ip && isPrivate(other) && !others.includes(other)) others.push(other);
  if (others.length > 1) others.sort();
  for (const other of others) if (found.length < limit) found.push(other);
  return found;
}

function isPrivate(ip: string): boolean {
  return ipScope(ip) === 'private' && !INNER_NETWORKS.some((network) => ip.startsWith(network));
}
