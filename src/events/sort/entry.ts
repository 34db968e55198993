import type { EventId } from '../../model/event-order.js';

/** One event of a page, as text. The sort does not parse the text. */
export interface Entry {
  /** Numbers sort before text. */
  id: EventId;
  /** Page and row of the event. They determine the order of events with equal ids. */
  page: number;
  row: number;
  /** Byte range in the page. */
  offset: number;
  length: number;
  /** The text that was added, unchanged. */
  text: string;
}
