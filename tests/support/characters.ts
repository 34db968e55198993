import * as fc from 'fast-check';

/**
 * Any character, as a `unit` of `fc.string`. The unit `binary` is the same, but takes a second of CPU to list all
 * characters.
 */
export const character = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  // Halves of surrogate pairs are not characters.
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
