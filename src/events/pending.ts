import type { NormalizedEvent } from '../normalize/datasets/events.js';
import { exactText, parseExactly } from '../model/exact-json.js';
import type { Fields } from '../model/observations.js';
import type { PendingEvent } from '../store/collections/event-loads.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { ReadPage } from '../normalize/page.js';
import type { Entry, ExternalSort } from './sort/index.js';

/** Adds the events of a page to the sort. */
export async function sortPendingEvents(sort: ExternalSort, page: PageDoc, { normalized }: ReadPage): Promise<void> {
  for (const { place, event } of normalized as NormalizedEvent[]) {
    const { index: row, offset, length } = place;
    const full = sort.add({ id: event.id, page: page.seq, row, offset, length, text: payloadOf(event) });
    if (full) await full;
  }
}

/** The content of an event that `Entry` has no fields for. Compact, because it is written to the sort's files. */
function payloadOf({ category, value, more }: NormalizedEvent['event']): string {
  return more === undefined ? JSON.stringify([category, value]) : exactText([category, value, more]);
}

/** Converts a sorted entry back to an event. */
export function pendingEventOf({ id, page, row, offset, length, text }: Entry): PendingEvent {
  const [category, value, more] = parseExactly(text) as [string, number | bigint, Fields?];
  return { id, page, row, offset, length, category, value: Number(value), ...(more === undefined ? {} : { more }) };
}
