import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { refusedBecause } from './addresses.js';
import { bare, type HostList } from './host-list.js';

/** A host that a source may not be asked at: nothing was sent there. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
  constructor(
    readonly host: string,
    /** `resolves to 10.0.0.1, a private address` */
    readonly why: string,
  ) {
    super(`${host} ${why}`);
  }
}

/** `node:dns` as sockets use it. */
export type Resolve = (
  hostname: string,
  options: { all: true; family: number; hints?: number | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves names for sockets and leaves the addresses that a source may be asked at: a socket connects to what was checked,
 * so a name that resolves to something else a moment later changes nothing. Fails with `AddressRefused` when none is left.
 */
export function checkedLookup(onPremises: HostList, names: Resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    names(hostname, { ...options, family: familyOf(options.family), all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const reasons = addresses.map(({ address }) => refusedBecause({ hostname, address, onPremises }));
      const fit = addresses.filter((_address, at) => reasons[at] === undefined);
      const [first] = fit;
      if (!first) {
        const why = `resolves to ${addresses[0]?.address ?? 'nothing'}, ${reasons[0] ?? 'which is no address'}`;
        return callback(new AddressRefused(hostname, why), []);
      }
      return options.all === true ? callback(null, fit) : callback(null, first.address, first.family);
    });
  };
}

const familyOf = (family: number | 'IPv4' | 'IPv6' | undefined): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);

/** For hosts that are addresses: sockets never look those up. Throws `AddressRefused`. */
export function checkLiteral(url: URL, onPremises: HostList): void {
  const address = bare(url.hostname);
  if (isIP(address) === 0) return;
  const why = refusedBecause({ hostname: url.hostname, address, onPremises });
  if (why !== undefined) throw new AddressRefused(url.host, `is ${why}`);
}
