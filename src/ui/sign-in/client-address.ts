import ipaddr from 'ipaddr.js';
import { HostList } from '../../network/host-list.js';

interface PendingEvent {
  /** The other end of the connection. */
  remote: string | undefined;
  /** `X-Forwarded-For`, as it came. */
  forwarded: string | undefined;
  /** The proxies in front of the page. */
  proxies: HostList;
}

/**
 * Who asks, for counting: the address of the connection; behind declared proxies the last one that none of them has. What a
 * client claims of itself stands before that and does not count. Of IPv6 the network: a client has all of its addresses.
 */
export function clientAddress({ remote, forwarded, proxies }: PendingEvent): string {
  let client = canonical(remote ?? '');
  const hops = (forwarded ?? '').split(',').map((hop) => canonical(hop.trim()));
  while (client !== undefined && proxies.hasAddress(client) && hops.length > 0) client = hops.pop();
  if (client === undefined) return canonical(remote ?? '')?.toString() ?? 'unknown';
  if (client.kind() === 'ipv4') return client.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${client.toString()}/64`).toString()}/64`;
}

function canonical(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Some proxies write the port, too.
  const address = text.replace(/^\[([^\]]+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  const bare = address.replace(/%.*$/, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}
