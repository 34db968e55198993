import ipaddr from 'ipaddr.js';
import { bare, type HostList } from './host-list.js';

/** Where clouds hand credentials to whoever asks from inside: no inventory API is there, so no setting lets a source ask them. */
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

/** Inside an organisation or a machine. As a base URL such an address says itself that it is meant. */
const INSIDE = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** What is asked for, and what the operator declared. */
export interface Question {
  /** As a URL spells it. */
  hostname: string;
  /** One that the name resolved to, or that it is. */
  address: string;
  onPremises: HostList;
}

/** Why a source may not be asked at an address, in a few words; `undefined`: it may. */
export function refusedBecause({ hostname, address, onPremises }: Question): string | undefined {
  const own = ipaddr.parse(address.replace(/%.*$/, ''));
  const meant = embedded(own);
  if (METADATA.has(own.toString()) || METADATA.has(meant.toString())) return 'a metadata service of a cloud';
  if (onPremises.hasHost(hostname) || onPremises.hasAddress(own)) return undefined;
  const host = bare(hostname);
  const range = rangeOf(own, meant);
  if (range === 'unicast') return undefined;
  if (INSIDE.has(range) && own === meant && ipaddr.isValid(host)) return undefined;
  if (range === 'loopback' && host === 'localhost') return undefined;
  return WORDS[range] ?? 'an address that is not on the Internet';
}

const WORDS: Readonly<Record<string, string>> = {
  private: 'a private address',
  uniqueLocal: 'a private address',
  carrierGradeNat: 'a private address of a carrier',
  loopback: 'an address of this machine',
  unspecified: 'an address of this machine',
  linkLocal: 'a link-local address',
};

/** The IPv4 address that an IPv6 address stands for: mapped, or behind NAT64 (RFC 6052). */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === 'ipv4') return address;
  const six = address as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return six.toIPv4Address();
  const wellKnown = six.match(NAT64);
  return wellKnown ? new ipaddr.IPv4(six.toByteArray().slice(12)) : six;
}

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** What is assigned to be routed (RFC 4291): whatever is outside of it, and no range of its own, is a disguise. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');

function rangeOf(own: ipaddr.IPv4 | ipaddr.IPv6, meant: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = meant.range();
  if (range === 'unicast' && own === meant && own.kind() === 'ipv6' && !(own as ipaddr.IPv6).match(GLOBAL))
    return 'unassigned';
  return range;
}
