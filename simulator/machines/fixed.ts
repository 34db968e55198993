import { hash, hex32, hex8, uuid } from '../random.js';
import { PURPOSE } from './machine.js';

/** Values that all machines of a fleet share, generated once for a seed. */
export interface Fixed {
  /** One value for the whole Qualys subscription, equal on unrelated machines. */
  networkGuid: string;
  activationKey: string;
  /** The id of the CrowdStrike customer, also equal on unrelated machines. */
  cid: string;
  hostGroups: string[];
  groupHashes: string[];
  groups: string[];
  networks: string[];
  subnets: string[];
  images: string[];
  accounts: string[];
  subscriptions: string[];
  projectNumbers: string[];
}

const table = (length: number, make: (place: number) => string): string[] =>
  Array.from({ length }, (_, place) => make(place));

function generate(seed: number): Fixed {
  const short = (place: number, purpose: number): string => hex32(seed, place, purpose).slice(0, 16);
  return {
    networkGuid: uuid(seed, 90_001, PURPOSE.network),
    activationKey: uuid(seed, 90_002, PURPOSE.agentId),
    cid: hex32(seed, 90_003, PURPOSE.deviceId),
    hostGroups: table(5, (place) => hex32(seed, 90_010 + place, PURPOSE.deviceId)),
    groupHashes: table(
      5,
      (place) => hex32(seed, 90_020 + place, PURPOSE.deviceId) + hex32(seed, 90_030 + place, PURPOSE.deviceId),
    ),
    groups: table(9, (place) => short(place, PURPOSE.network + 3)),
    networks: table(48, (place) => `vpc-0${short(place, PURPOSE.network + 6)}`),
    subnets: table(192, (place) => `subnet-0${short(place, PURPOSE.network + 9)}`),
    images: table(
      24,
      (place) =>
        `ami-0${hex8(hash(seed, place, PURPOSE.network + 12))}${hex8(hash(seed, place, PURPOSE.network + 13))}`,
    ),
    accounts: table(6, (place) => String(100_000_000_000 + hash(seed, place, PURPOSE.place) * 97)),
    subscriptions: table(4, (place) => uuid(seed, 90_040 + place, PURPOSE.place)),
    projectNumbers: table(5, (place) => String(100_000_000_000 + hash(seed, place, PURPOSE.place) * 193)),
  };
}

let last: { seed: number; fixed: Fixed } | undefined;

export function fixed(seed: number): Fixed {
  if (last?.seed !== seed) last = { seed, fixed: generate(seed) };
  return last.fixed;
}
