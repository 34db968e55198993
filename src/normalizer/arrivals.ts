import type { UnderstoodEvent } from '../datasets/events.js';
import type { Store } from '../store/database.js';
import { fixKind, type Arrival, type Delivery } from '../store/deliveries.js';
import type { PageDoc } from '../store/pages.js';
import type { ReadPage } from './page.js';
import type { Entry, ExternalSort } from './sort/index.js';

const MIXED = {
  text: 'the id is text, and those of this source are numbers',
  number: 'the id is a number, and those of this source are text',
};

/** Gives the events of a page to the sort. Those whose ids are of the other kind join the `rejected` ones. */
export async function sortArrivals(
  store: Store,
  delivery: Delivery,
  sort: ExternalSort,
  page: PageDoc,
  { understood, rejected }: ReadPage,
): Promise<void> {
  for (const { place, event } of understood as UnderstoodEvent[]) {
    const { index: row, offset, length } = place;
    const kind = typeof event.id === 'string' ? 'text' : 'number';
    if (delivery.kind === undefined) await fixKind(store, delivery, kind);
    if (delivery.kind !== kind) rejected.push({ reason: MIXED[kind], row, offset, length });
    else await sort.add({ id: event.id, page: page.seq, row, offset, length, text: payloadOf(event) });
  }
}

/** What of an event is not in its place: compact, because it goes through the sort's files. */
function payloadOf({ category, value, more }: UnderstoodEvent['event']): string {
  return JSON.stringify(more === undefined ? [category, value] : [category, value, more]);
}

/** What comes out of the sort again. */
export function arrivalOf({ id, page, row, offset, length, text }: Entry): Arrival {
  const [category, value, more] = JSON.parse(text) as [string, number, Record<string, unknown>?];
  return { id, page, row, offset, length, category, value, ...(more === undefined ? {} : { more }) };
}
