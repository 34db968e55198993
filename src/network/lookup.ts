import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { rejectionReason } from './addresses.js';
import { bare, type HostList } from './host-list.js';

/** A source may not send requests to a host. Nothing was sent. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
  constructor(
    readonly host: string,
    /** Reason, as `resolves to 10.0.0.1, a private address`. */
    readonly why: string,
  ) {
    super(`${host} ${why}`);
  }
}

/** Signature of `lookup` in `node:dns`, as sockets call it. */
export type Resolve = (
  hostname: string,
  options: { all: true; family: number; hints?: number | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Creates a lookup for sockets that drops addresses a source may not reach. A socket connects to the checked address, so a
 * later change of the name's address (DNS rebinding) has no effect. Fails with `AddressRefused` if no address is left.
 */
export function checkedLookup(onPremises: HostList, names: Resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    names(hostname, { ...options, family: familyOf(options.family), all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const reasons = addresses.map(({ address }) => rejectionReason({ hostname, address, onPremises }));
      const allowed = addresses.filter((_address, at) => reasons[at] === undefined);
      const [first] = allowed;
      if (!first) {
        const why = `resolves to ${addresses[0]?.address ?? 'nothing'}, ${reasons[0] ?? 'which is not an address'}`;
        return callback(new AddressRefused(hostname, why), []);
      }
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

const familyOf = (family: number | 'IPv4' | 'IPv6' | undefined): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);

/** Checks a host that is an address itself, because sockets do not look it up. Throws `AddressRefused`. */
export function checkLiteral(url: URL, onPremises: HostList): void {
  const address = bare(url.hostname);
  if (isIP(address) === 0) return;
  const why = rejectionReason({ hostname: url.hostname, address, onPremises });
  if (why !== undefined) throw new AddressRefused(url.host, `is ${why}`);
}
