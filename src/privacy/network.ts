import ipaddr from 'ipaddr.js';

/** Kind of an address, as far as it does not reveal the owner. */
export type AddressClass = 'private' | 'loopback' | 'link-local' | 'shared' | 'reserved' | 'public';

/** Classes by ipaddr.js's names of IANA's special-purpose ranges (RFC 6890); ranges not listed here are reserved. */
const CLASSES = new Map<string, AddressClass>([
  ['private', 'private'],
  ['uniqueLocal', 'private'],
  ['loopback', 'loopback'],
  ['linkLocal', 'link-local'],
  // Carrier-grade NAT, RFC 6598.
  ['carrierGradeNat', 'shared'],
  ['unicast', 'public'],
  // Anycast services, or ways to reach a public IPv4 address.
  ['as112', 'public'],
  ['as112v6', 'public'],
  ['amt', 'public'],
  ['rfc6052', 'public'],
  ['6to4', 'public'],
  ['teredo', 'public'],
]);

/** The class of an address. Throws for a text that is not an address; the error does not contain the text. */
export function addressClass(ip: string): AddressClass {
  return CLASSES.get(parse(ip).range()) ?? 'reserved';
}

/**
 * The network of an address as CIDR text: `/24` of IPv4, `/48` of IPv6 (the usual size of a site, RFC 6177). Equal networks
 * have equal text. Throws for a text that is not an address; the error does not contain the text.
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
    throw new Error('Not an IP address'); // the parser's message contains the text
  }
}
