import { Fleet } from './fleet.js';
import type { Listing, Vendor } from './listing.js';
import type { Settings } from './options.js';
import { Recordings } from './recorded.js';

/** The records that the simulator lists: a generated fleet or recorded records. */
export class Inventory {
  readonly fleet: Fleet | undefined;
  private readonly recordings: Recordings | undefined;

  constructor({ records, seed, hosts, fleet }: Settings) {
    if (records === undefined) this.fleet = new Fleet(seed, hosts, fleet);
    else this.recordings = new Recordings(records);
  }

  /** `sorted` lists by native id, as the vendors' own APIs do. The take-home API keeps the order of a recording. */
  listing(vendor: Vendor, sorted: boolean): Listing {
    return (this.fleet?.listing(vendor) ?? this.recordings?.listing(vendor, sorted)) as Listing;
  }

  count(vendor: Vendor): number {
    return this.listing(vendor, false).count;
  }
}
