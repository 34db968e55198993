import { hash, hex32, hex8, uuid } from '../random.js';
import { DRAW } from './machine.js';

/** Values that all machines of a fleet share, drawn once for a seed. */
export interface Fixed {
  /** One value for the whole Qualys subscription, equal on unrelated machines. */
  networkGuid: string;
  activationKey: string;
  /** The CrowdStrike customer, likewise. */
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

function draw(seed: number): Fixed {
  const short = (place: number, purpose: number): string => hex32(seed, place, purpose).slice(0, 16);
  return {
    networkGuid: uuid(seed, 90_001, DRAW.network),
    activationKey: uuid(seed, 90_002, DRAW.agentId),
    cid: hex32(seed, 90_003, DRAW.deviceId),
    hostGroups: table(5, (place) => hex32(seed, 90_010 + place, DRAW.deviceId)),
    groupHashes: table(
      5,
      (place) => hex32(seed, 90_020 + place, DRAW.deviceId) + hex32(seed, 90_030 + place, DRAW.deviceId),
    ),
    groups: table(9, (place) => short(place, DRAW.network + 3)),
    networks: table(48, (place) => `vpc-0${short(place, DRAW.network + 6)}`),
    subnets: table(192, (place) => `subnet-0${short(place, DRAW.network + 9)}`),
    images: table(
      24,
      (place) => `ami-0${hex8(hash(seed, place, DRAW.network + 12))}${hex8(hash(seed, place, DRAW.network + 13))}`,
    ),
    accounts: table(6, (place) => String(100_000_000_000 + hash(seed, place, DRAW.place) * 97)),
    subscriptions: table(4, (place) => uuid(seed, 90_040 + place, DRAW.place)),
    projectNumbers: table(5, (place) => String(100_000_000_000 + hash(seed, place, DRAW.place) * 193)),
  };
}

let last: { seed: number; fixed: Fixed } | undefined;

export function fixed(seed: number): Fixed {
  if (last?.seed !== seed) last = { seed, fixed: draw(seed) };
  return last.fixed;
}
