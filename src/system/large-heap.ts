import { totalmem } from 'node:os';

/**
 * Node options for a process that holds a whole inventory in memory (about 10 GB for a million machines): a heap of three
 * quarters of the machine's (or container's) memory, and a large young generation. Each garbage collection of the young
 * generation also scans pages of the old generation: with Node's default young generation of 16 MB, a process with a million
 * machines spends half of its time on that.
 */
export const largeHeapFlags = (): string[] => [
  `--max-old-space-size=${Math.floor(machineMb() * 0.75)}`,
  '--max-semi-space-size=256',
];

/** Whether this process was started with `largeHeapFlags` or with a heap size that the user chose. */
export const hasLargeHeapFlags = (): boolean => process.execArgv.some((arg) => arg.startsWith('--max-old-space-size'));

/**
 * Heap limit of each of a worker's normalizing threads, MB: together half of the machine's (or container's) memory, each at most
 * 4 GB. A thread must reach its limit before the system kills the whole process.
 */
export const normalizerHeapMb = (threads: number): number =>
  Math.floor(Math.min(4_096, Math.max(256, machineMb() / 2 / threads)));

const machineMb = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1_048_576;
