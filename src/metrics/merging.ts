import type { MergeResult } from '../merge/drain.js';
import { counts } from './counts.js';

const OUTCOMES = ['created', 'changed', 'removed'] as const;

/** Returns a counter of one activity's merging; the caller passes the running sum after each batch and once at the end. */
export function countingMerge(): (sum: MergeResult) => void {
  let began = Date.now();
  const counted = { settled: 0, created: 0, changed: 0, removed: 0 };
  return (sum) => {
    counts.mergeSeconds.inc((Date.now() - began) / 1000);
    began = Date.now();
    if (sum.settled > counted.settled) counts.mergeBatches.inc();
    counts.mergedRecords.inc(sum.settled - counted.settled);
    counted.settled = sum.settled;
    for (const outcome of OUTCOMES) {
      counts.mergedHosts.inc({ outcome }, sum[outcome] - counted[outcome]);
      counted[outcome] = sum[outcome];
    }
  };
}
