/** Sorts more entries than fit in memory. */
export type { Entry } from './entry.js';
export { ExternalSort, type SortLimits } from './external-sort.js';
