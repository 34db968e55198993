import { hash, pick, share } from '../random.js';
import { PURPOSE, type Os } from './machine.js';
import { CLOUD_LINUX, SERVERS } from './systems.js';

/** One cloud instance in ten runs Windows. */
export function cloudSystem(seed: number, index: number): Os {
  const h = hash(seed, index, PURPOSE.os);
  return h % 10 === 0 ? pick(SERVERS, h >>> 8) : pick(CLOUD_LINUX, h >>> 8);
}

/** Some sensors cannot reach the metadata service. Only MAC and hostname then link the records. */
export function hiddenFromSensor(seed: number, index: number): boolean {
  return share(seed, index, PURPOSE.hidden) < 0.04;
}

export const ROLES = ['api', 'web', 'payments', 'search', 'batch', 'queue', 'cache', 'build'] as const;
