import { totalmem } from 'node:os';

/**
 * Options of Node for a process that holds a whole inventory in memory (about 10 GB for a million machines): three quarters of
 * the machine (or container), and a large young generation. Collecting the young one walks the pages of the old one too, so that with the
 * usual 16 MB half of the time goes into it at a million machines.
 */
export const largeHeapFlags = (): string[] => [
  `--max-old-space-size=${Math.floor(machineMb() * 0.75)}`,
  '--max-semi-space-size=256',
];

/** Whether this process was started with `largeHeapFlags`, or with what somebody chose in its place. */
export const hasLargeHeapFlags = (): boolean => process.execArgv.some((arg) => arg.startsWith('--max-old-space-size'));

/**
 * Heap of a worker's normalizing thread in MB: half of the machine (or container), at most 4 GB. It has to end before
 * the system ends the whole process.
 */
export const normalizerHeapMb = (): number => Math.floor(Math.min(4_096, Math.max(256, machineMb() / 2)));

const machineMb = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1_048_576;
