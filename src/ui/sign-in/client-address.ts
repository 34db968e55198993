import ipaddr from 'ipaddr.js';
import { HostList } from '../../network/host-list.js';

interface Connection {
  /** Remote address of the connection. */
  remote: string | undefined;
  /** `X-Forwarded-For`, unchanged. */
  forwarded: string | undefined;
  /** Trusted proxies in front of the page. */
  proxies: HostList;
}

/**
 * The client's address for rate limiting: the address of the connection; behind trusted proxies, the last forwarded address
 * that is not the address of a proxy, because a client can forge the addresses before it. An IPv6 address is reduced to its
 * network, because a client can use all addresses of its network.
 */
export function clientAddress({ remote, forwarded, proxies }: Connection): string {
  let client = canonical(remote ?? '');
  const hops = (forwarded ?? '').split(',').map((hop) => canonical(hop.trim()));
  while (client !== undefined && proxies.hasAddress(client) && hops.length > 0) client = hops.pop();
  if (client === undefined) return canonical(remote ?? '')?.toString() ?? 'unknown';
  if (client.kind() === 'ipv4') return client.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${client.toString()}/64`).toString()}/64`;
}

function canonical(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Some proxies append the port.
  const address = text.replace(/^\[([^\]]+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  const bare = address.replace(/%.*$/, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}
