import type { Rendering } from '../response.js';
import type { Listing } from '../listing.js';
import type { Dialect } from '../render/dialect.js';
import type { Window } from '../view.js';

/** The text around the records of a page. */
export interface Frame {
  head: string;
  /** Text before and after each record, and between two records. */
  before?: string;
  after?: string;
  between?: string;
  tail: string;
}

/** A page body that renders its records as fast as the client reads them. */
export function page(listing: Listing, { from, to }: Window, dialect: Dialect, frame: Frame): Rendering {
  const { before = '', after = '', between = '' } = frame;
  return function* render(sink) {
    sink.text(frame.head);
    for (let position = from; position < to; position++) {
      sink.text(position > from ? between + before : before);
      listing.write(position, dialect, sink);
      if (after) sink.text(after);
      yield;
    }
    sink.text(frame.tail);
  };
}
