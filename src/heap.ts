import { totalmem } from 'node:os';

/**
 * Options of Node for a process that holds a whole inventory in memory (about 10 GB for a million machines): three quarters of
 * the machine (or container), and a large young generation. Collecting the young one walks the pages of the old one too, so that with the
 * usual 16 MB half of the time goes into it at a million machines.
 */
export const heapForAll = (): string[] => [
  `--max-old-space-size=${Math.floor((Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1_048_576) * 0.75)}`,
  '--max-semi-space-size=256',
];

/** Whether this process was started with `heapForAll`, or with what somebody chose in its place. */
export const hasHeapForAll = (): boolean => process.execArgv.some((arg) => arg.startsWith('--max-old-space-size'));
