import type { EventId } from '../../model/event-order.js';

/** One record of a page, as its line, to be put in order without being understood. */
export interface Entry {
  /** Numbers come before text. */
  id: EventId;
  /** Where it was read: decides between equal ids. */
  page: number;
  row: number;
  /** Where its bytes are in the page. */
  offset: number;
  length: number;
  /** The line, with nothing changed in it. */
  text: string;
}
