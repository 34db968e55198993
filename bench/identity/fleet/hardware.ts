import { hash, hex32, letters, uuid } from '../../../simulator/random.js';
import type { RandomStream } from './random-stream.js';
import type { Machine } from './machine.js';
import { factoryMac } from '../../../simulator/machines/addresses.js';
import { neighbour } from './names.js';
import { isPhysical, kindOf, type Kind, type World } from './world.js';

export interface Build {
  manufacturer: string;
  prefix: string;
  models: Record<'server' | 'laptop' | 'desktop', string>;
  bios: string;
  serialLength: number;
}

export const BUILDS: readonly Build[] = [
  {
    manufacturer: 'Dell Inc.',
    prefix: '8c04ba',
    models: { server: 'PowerEdge R650', laptop: 'Latitude 7440', desktop: 'OptiPlex 7010' },
    bios: '1.21.0',
    serialLength: 7,
  },
  {
    manufacturer: 'HP',
    prefix: '3c5282',
    models: { server: 'ProLiant DL380 Gen10', laptop: 'HP EliteBook 840 G10', desktop: 'HP EliteDesk 800 G9' },
    bios: 'U30 v2.72',
    serialLength: 10,
  },
  {
    manufacturer: 'LENOVO',
    prefix: '6c2408',
    models: { server: 'ThinkSystem SR650', laptop: '21HDCTO1WW', desktop: '11T3000QUS' },
    bios: 'N3QET40W (1.40 )',
    serialLength: 8,
  },
];

/** The manufacturer of a slot's machines, the current and the earlier one. */
export function buildOf(world: World, slot: number): Build {
  return BUILDS[hash(world.seed, slot, 90) % BUILDS.length]!;
}

/** Firmware values of a field that the manufacturer did not fill in. Deny lists contain all but the last two. */
const PLACEHOLDER_SERIALS = [
  'To be filled by O.E.M.',
  'System Serial Number',
  'Default string',
  'Not Specified',
  'None',
  '0',
  '123456789',
  'XXXXXXXXXX',
  'Chassis Serial',
  'SN-0000-TBD',
];
const PLACEHOLDER_UUIDS = [
  '03000200-0400-0500-0006-000700080009',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '00020003-0004-0005-0006-000700080009',
  '03aa02fc-0414-0505-0606-070700080009',
];

/** Dell writes `DELL` and the service tag into the UUID, the tag's first character with its highest bit set. */
export function dellUuid(tag: string): string {
  const hex = Array.from(tag, (character) => character.charCodeAt(0).toString(16).padStart(2, '0'));
  const first = (tag.charCodeAt(0) | 0x80).toString(16);
  return `4c4c4544-00${hex[1]}-${hex[2]}10-80${hex[3]}-${first}c04f${hex[4]}${hex[5]}${hex[6]}`;
}

/** Serial and UUID of a physical machine, with its pitfalls. */
export function physicalIds(
  world: World,
  random: RandomStream,
  kind: Kind,
  unit: number,
  build: Build,
  pitfalls: string[],
): Pick<Machine['states'][number], 'serial' | 'uuid'> {
  const { seed, rates } = world;
  let serial = letters(unit, build.serialLength, seed);
  let id = build.manufacturer.startsWith('Dell') ? dellUuid(serial) : uuid(seed, unit, 40);
  const filled = kind === 'laptop';
  const [noSerial, noUuid] = [random.chance(rates['placeholder-serial']), random.chance(rates['placeholder-uuid'])];
  const placeholders = [random.pick(PLACEHOLDER_SERIALS), random.pick(PLACEHOLDER_UUIDS)] as const;
  if (!filled && noSerial) {
    pitfalls.push(`placeholder-serial:${placeholders[0].replaceAll(' ', '_')}`);
    serial = placeholders[0];
    // A Dell without a service tag has no tag in its UUID.
    if (build.manufacturer.startsWith('Dell')) id = uuid(seed, unit, 40);
  } else if (random.chance(rates['serial-batch'])) {
    const batch = random.below(world.batches);
    pitfalls.push(`serial-batch:${batch}`);
    serial = `SB${letters(0x7000_0000 + batch, 8, seed)}`;
    id = uuid(seed, unit, 40);
  } else if (random.chance(rates['serial-twin'])) {
    // Manufacturers number in similar ways, so short serials coincide by chance.
    const twin = neighbour(unit >> 1, (slot) => isPhysical(kindOf(world, slot)) && kindOf(world, slot) !== 'mac');
    if (twin >= 0) {
      pitfalls.push(`serial-twin>${twin}`);
      serial = letters(twin * 2, buildOf(world, twin).serialLength, seed);
      id = uuid(seed, unit, 40);
    }
  }
  if (!filled && noUuid) {
    pitfalls.push(`placeholder-uuid:${placeholders[1].slice(0, 8)}`);
    id = placeholders[1];
  }
  return { serial, uuid: id };
}

/** `VMware-56 4d a6 d2 …`: how VMware shows the UUID as a serial. */
export function vmwareSerial(id: string): string {
  const bytes = id.replaceAll('-', '').match(/../g) as string[];
  return `VMware-${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

/** VMware's own UUIDs begin with 564d for machines made by a workstation, 42 for those by vCenter. */
export function vmwareUuid(seed: number, unit: number): string {
  return `42${uuid(seed, unit, 44).slice(2)}`;
}

/** A UUID with the first three fields in the other byte order. */
export function swapped(id: string): string {
  const [a, b, c, ...rest] = id.split('-') as [string, string, string, string, string];
  const turn = (field: string): string => (field.match(/../g) as string[]).reverse().join('');
  return [turn(a), turn(b), turn(c), ...rest].join('-');
}

/** The MAC of an interface card of the machine: `card` counts the cards, 0 is the one on the board. */
export function cardMac(prefix: string, unit: number, card: number): string {
  return factoryMac(prefix, unit * 4 + card);
}

/** A random, locally administered address. */
export function randomMac(random: RandomStream): string {
  const first = ((random.next() & 0xfc) | 2).toString(16).padStart(2, '0');
  return (
    first + (random.next() >>> 0).toString(16).padStart(8, '0') + (random.next() & 0xff).toString(16).padStart(2, '0')
  );
}

/** One of the three MACs per fleet that many machines share and that are on no deny list. */
export function unlistedMac(seed: number, which: number): string {
  return `00e04c${hex32(seed, which, 60).slice(0, 6)}`;
}
