import ipaddr from 'ipaddr.js';

type Entry =
  | { kind: 'all' }
  | { kind: 'network'; network: [ipaddr.IPv4 | ipaddr.IPv6, number]; port?: string }
  | { kind: 'name'; name: string; subdomains: boolean; port?: string };

/**
 * A list of hosts in the syntax of `NO_PROXY`: names (`vendor.corp`), names with their subdomains (`.corp`, `*.corp`),
 * addresses, networks (`10.0.0.0/8`), each with an optional `:port`, and `*` for every host.
 */
export class HostList {
  readonly #entries: Entry[];

  private constructor(entries: Entry[]) {
    this.#entries = entries;
  }

  /** Parses a list. Throws an `Error` that names the first invalid entry. */
  static of(entries: readonly string[]): HostList {
    return new HostList(entries.map(entryOf));
  }

  /** Whether a URL's host matches an entry, by its name or, if it is an address, by its address. */
  hasHost(hostname: string, port = ''): boolean {
    const host = bare(hostname);
    const address = ipaddr.isValid(host) ? ipaddr.parse(host) : undefined;
    return this.#entries.some((entry) => {
      if (entry.kind === 'all') return true;
      if (entry.port !== undefined && entry.port !== port) return false;
      if (entry.kind === 'network') return address !== undefined && contains(entry.network, address);
      return host === entry.name || (entry.subdomains && host.endsWith(`.${entry.name}`));
    });
  }

  /** Whether an address is in one of the list's networks. */
  hasAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    return this.#entries.some((entry) => entry.kind === 'network' && contains(entry.network, address));
  }
}

/** Normalizes a host name: without brackets and final dot, in lower case. */
export function bare(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function entryOf(text: string): Entry {
  if (text === '*') return { kind: 'all' };
  if (ipaddr.isValidCIDR(text)) return { kind: 'network', network: ipaddr.parseCIDR(text) };
  const [, bracketed, unbracketed, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = ipaddr.IPv6.isValid(text) ? text : (bracketed ?? unbracketed ?? '');
  const at = port === undefined || host === text ? {} : { port };
  if (ipaddr.IPv6.isValid(host) || ipaddr.IPv4.isValidFourPartDecimal(host)) {
    const address = ipaddr.parse(host);
    return { kind: 'network', network: [address, address.kind() === 'ipv4' ? 32 : 128], ...at };
  }
  const name = bare(host.replace(/^\*?\./, ''));
  if (!/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name)) throw new Error(`${text} is neither a host nor a network`);
  return { kind: 'name', name, subdomains: /^\*?\./.test(host), ...at };
}

function contains(network: [ipaddr.IPv4 | ipaddr.IPv6, number], address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (network[0].kind() !== address.kind()) return false;
  return (address as ipaddr.IPv4).match(network as [ipaddr.IPv4, number]);
}
