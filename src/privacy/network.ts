import ipaddr from 'ipaddr.js';

/** What kind of address it is, as far as that says nothing about whose it is. */
export type AddressClass = 'private' | 'loopback' | 'link-local' | 'shared' | 'reserved' | 'public';

/** By ipaddr.js's names of the ranges that IANA keeps for special purposes (RFC 6890); those not named here are reserved. */
const CLASSES = new Map<string, AddressClass>([
  ['private', 'private'],
  ['uniqueLocal', 'private'],
  ['loopback', 'loopback'],
  ['linkLocal', 'link-local'],
  // Carriers' NAT, RFC 6598.
  ['carrierGradeNat', 'shared'],
  ['unicast', 'public'],
  // Served from everywhere, or ways to reach a public IPv4 address.
  ['as112', 'public'],
  ['as112v6', 'public'],
  ['amt', 'public'],
  ['rfc6052', 'public'],
  ['6to4', 'public'],
  ['teredo', 'public'],
]);

/** Throws (without the text) for what is no address. */
export function addressClass(ip: string): AddressClass {
  return CLASSES.get(parse(ip).range()) ?? 'reserved';
}

/**
 * The network an address lies in, as CIDR text: `/24` of IPv4, `/48` of IPv6 (what a site is usually given, RFC 6177).
 * Equal networks have equal text. Throws (without the text) for what is no address.
 */
export function networkOf(ip: string): string {
  const address = parse(ip);
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join('.')}.0/24`;
  return `${new ipaddr.IPv6([...address.parts.slice(0, 3), 0, 0, 0, 0, 0]).toRFC5952String()}/48`;
}

function parse(ip: string): ipaddr.IPv4 | ipaddr.IPv6 {
  try {
    return ipaddr.process(ip);
  } catch {
    throw new Error('Not an IP address'); // the parser's message shows the text
  }
}
