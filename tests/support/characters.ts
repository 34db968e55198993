import * as fc from 'fast-check';

/** Any character, as a `unit` of `fc.string`: the unit `binary` is the same, and takes a second of CPU to list them all. */
export const character = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  // Halves of pairs are none.
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
