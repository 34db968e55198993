import { compareIds } from '../../model/event-order.js';
import type { Entry } from './entry.js';

/** Order of entries: by id, then in the order in which they were read. */
export function compare(a: Omit<Entry, 'text'>, b: Omit<Entry, 'text'>): number {
  return compareIds(a.id, b.id) || a.page - b.page || a.row - b.row;
}
