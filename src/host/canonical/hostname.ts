import { ip } from './ip.js';
import { text } from './text.js';

const ASCII_NAME = /^[\x21-\x7e]+$/;

/**
 * A host name in lower case and without trailing dots, with the domain if the source reports one; `undefined` for an
 * address. Width and compatibility forms are folded and invisible characters are dropped, so that names that look equal are
 * equal.
 */
export function hostname(value: unknown): string | undefined {
  let name = text(value, 255);
  if (name === undefined) return undefined;
  if (!ASCII_NAME.test(name)) name = name.normalize('NFKC').replace(/\p{Cf}/gu, '');
  name = name.toLowerCase().replace(/\.{1,64}$/, '');
  if (name === '' || ip(name) !== undefined) return undefined;
  return name;
}

/** A DNS or directory domain, lower-case. Windows reports `WORKGROUP` on machines without a domain. */
export function domain(value: unknown): string | undefined {
  const name = hostname(value);
  return name === 'workgroup' || name === 'local' || name === 'localdomain' ? undefined : name;
}

/** The first label of a canonical host name. */
export function shortName(hostname: string): string {
  const dot = hostname.indexOf('.');
  return dot < 0 ? hostname : hostname.slice(0, dot);
}

/**
 * Whether a name is derived from an address (`ip-10-0-0-22`, `dhcp-192-0-2-7`). Such a name adds no evidence to the
 * address.
 */
export function isAddressName(short: string): boolean {
  return ADDRESS_IN_NAME.test(short);
}

const ADDRESS_IN_NAME = /(?:^|\D)\d{1,3}(?:[-_]\d{1,3}){3}(?:$|\D)/;

/** NetBIOS truncates names to this length. */
export const NETBIOS_LENGTH = 15;

/** Whether two short names are equal, or one is the other truncated to NetBIOS' length. */
export function sameName(a: string, b: string): boolean {
  return a === b || isTruncated(a, b) || isTruncated(b, a);
}

function isTruncated(short: string, long: string): boolean {
  return short.length === NETBIOS_LENGTH && long.length > NETBIOS_LENGTH && long.startsWith(short);
}
