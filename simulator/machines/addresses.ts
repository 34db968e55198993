import { hash, hex4, hex8, pick, spread24 } from '../random.js';
import { PURPOSE } from './machine.js';

const OCTET = Array.from({ length: 256 }, (_, value) => String(value));
const PUBLIC = ['3', '18', '34', '52', '54', '81', '84', '91'] as const;

/** Four octets of which the last is never 0, 1 or 255. */
export function ipv4(first: string, second: number, third: number, fourth: number, separator = '.'): string {
  return (
    first +
    separator +
    (OCTET[second & 255] as string) +
    separator +
    (OCTET[third & 255] as string) +
    separator +
    (OCTET[2 + (fourth % 250)] as string)
  );
}

/** The public address of one machine (or of one site: every index is allowed). */
export function publicIp(seed: number, index: number, separator = '.'): string {
  const h = hash(seed, index, PURPOSE.external);
  return ipv4(pick(PUBLIC, h), h >>> 3, h >>> 11, h >>> 19, separator);
}

/** A MAC in a manufacturer's block. */
export function factoryMac(prefix: string, index: number): string {
  return prefix + hex8(spread24(index)).slice(2);
}

/** From the half of VMware's block that vCenter assigns to guests. `00:50:56:c0` is the host's own adapter on every machine. */
export function vmwareMac(index: number): string {
  return `005056${hex8(0x800000 | (spread24(index) & 0x3fffff)).slice(2)}`;
}

const LOCAL = ['02', '06', '0a', '0e', '12', '16'] as const;

/** EC2 assigns locally administered addresses: a rule that ignores such MACs ignores all EC2 instances. */
export function ec2Mac(seed: number, index: number): string {
  const h = hash(seed, index, PURPOSE.network);
  // The upper half avoids the prefixes that Docker (02:42), Kubernetes (0a:58) and VirtualBox (0a:00:27) use on every machine.
  return pick(LOCAL, h) + hex4((h >>> 16) | 0x8000) + hex8(spread24(index)).slice(2);
}

/** Like `hex4`, without leading zeros. */
const GROUPS = Array.from({ length: 65536 }, (_, value) => value.toString(16));

function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function byteAt(mac: string, at: number): number {
  return (nibble(mac.charCodeAt(at)) << 4) | nibble(mac.charCodeAt(at + 1));
}

/** The link-local address that follows from a MAC, uncompressed as Qualys prints it: `fe80:0:0:0:89a:eff:feba:3fd9`. */
export function linkLocal(mac: string): string {
  const first = GROUPS[((byteAt(mac, 0) ^ 2) << 8) | byteAt(mac, 2)] as string;
  const second = GROUPS[(byteAt(mac, 4) << 8) | 0xff] as string;
  const third = GROUPS[0xfe00 | byteAt(mac, 6)] as string;
  const fourth = GROUPS[(byteAt(mac, 8) << 8) | byteAt(mac, 10)] as string;
  return `fe80:0:0:0:${first}:${second}:${third}:${fourth}`;
}
