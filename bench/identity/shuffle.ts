import { resolveAll } from '../../src/host/identity/resolve.js';
import type { Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';
import { RandomStream } from './fleet/random-stream.js';
import { digest } from './model.js';

/** Resolves the same records in `times` shuffled orders. Returns how many orders give other clusters or other host ids. */
export function shuffled(records: readonly HostRecord[], resolved: Resolution, times: number, seed: number): number {
  const expected = digest(records, resolved);
  let different = 0;
  for (let round = 0; round < times; round++) {
    const order = [...records];
    const random = new RandomStream(seed, round, 'sightings');
    for (let at = order.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    if (digest(records, resolveAll(order)) !== expected) different++;
  }
  return different;
}
