import ipaddr from 'ipaddr.js';
import { bare, type HostList } from './host-list.js';

/**
 * Metadata services of clouds, which return credentials to any local caller. No vendor has an inventory API at these addresses,
 * so no setting allows them.
 */
const METADATA = new Set(
  [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    'fd00:ec2::254',
    'fd00:ec2::23',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
  ].map((address) => ipaddr.parse(address).toString()),
);

/**
 * Ranges inside an organisation or a machine. A base URL with such an address is allowed, because the operator chose the
 * address.
 */
const INSIDE = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** A host to check, and the hosts that the operator allows. */
export interface AddressCheck {
  /** Host of the URL. */
  hostname: string;
  /** An address that the name resolved to, or the host itself. */
  address: string;
  onPremises: HostList;
}

/** Why a source may not send requests to an address, as a phrase; `undefined` if it may. */
export function rejectionReason({ hostname, address, onPremises }: AddressCheck): string | undefined {
  const own = ipaddr.parse(address.replace(/%.*$/, ''));
  const effective = embedded(own);
  if (METADATA.has(own.toString()) || METADATA.has(effective.toString())) return 'a metadata service of a cloud';
  if (onPremises.hasHost(hostname) || onPremises.hasAddress(own)) return undefined;
  const host = bare(hostname);
  const range = rangeOf(own, effective);
  if (range === 'unicast') return undefined;
  if (INSIDE.has(range) && own === effective && ipaddr.isValid(host)) return undefined;
  if (range === 'loopback' && host === 'localhost') return undefined;
  return RANGE_NAMES[range] ?? 'an address that is not on the Internet';
}

const RANGE_NAMES: Readonly<Record<string, string>> = {
  private: 'a private address',
  uniqueLocal: 'a private address',
  carrierGradeNat: 'a private address of a carrier',
  loopback: 'an address of this machine',
  unspecified: 'an address of this machine',
  linkLocal: 'a link-local address',
};

/** The IPv4 address that an IPv6 address embeds: mapped, or behind NAT64 (RFC 6052). */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === 'ipv4') return address;
  const six = address as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return six.toIPv4Address();
  const wellKnown = six.match(NAT64);
  return wellKnown ? new ipaddr.IPv4(six.toByteArray().slice(12)) : six;
}

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/**
 * Global unicast addresses (RFC 4291); an IPv6 address outside of this range and of the other ranges is not a regular Internet
 * address.
 */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');

function rangeOf(own: ipaddr.IPv4 | ipaddr.IPv6, effective: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = effective.range();
  if (range === 'unicast' && own === effective && own.kind() === 'ipv6' && !(own as ipaddr.IPv6).match(GLOBAL))
    return 'unassigned';
  return range;
}
