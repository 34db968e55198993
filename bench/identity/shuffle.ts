import { resolveAll } from '../../src/host/identity/resolve.js';
import type { Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';
import { Draw } from './fleet/draw.js';
import { digest } from './model.js';

/** The number of `times` shuffled orders of the same records that give other clusters or other host ids. */
export function shuffled(records: readonly HostRecord[], resolved: Resolution, times: number, seed: number): number {
  const expected = digest(records, resolved);
  let different = 0;
  for (let round = 0; round < times; round++) {
    const arrival = [...records];
    const draw = new Draw(seed, round, 'sightings');
    for (let at = arrival.length - 1; at > 0; at--) {
      const other = draw.below(at + 1);
      [arrival[at], arrival[other]] = [arrival[other]!, arrival[at]!];
    }
    if (digest(records, resolveAll(arrival)) !== expected) different++;
  }
  return different;
}
