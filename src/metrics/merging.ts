import type { Merged } from '../merge/merged.js';
import { counts } from './counts.js';

const OUTCOMES = ['created', 'changed', 'removed'] as const;

/** Returns a counter of one activity's merging; the caller passes the running sum after each batch and once at the end. */
export function countingMerge(): (sum: Merged) => void {
  let began = Date.now();
  const counted = { records: 0, created: 0, changed: 0, removed: 0 };
  return (sum) => {
    counts.mergeSeconds.inc((Date.now() - began) / 1000);
    began = Date.now();
    if (sum.records > counted.records) counts.mergeBatches.inc();
    counts.mergedRecords.inc(sum.records - counted.records);
    counted.records = sum.records;
    for (const outcome of OUTCOMES) {
      counts.mergedHosts.inc({ outcome }, sum[outcome] - counted[outcome]);
      counted[outcome] = sum[outcome];
    }
  };
}
