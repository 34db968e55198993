import { Failure } from '../model/failure.js';
import type { AnySource, PageBody, Row } from '../model/source.js';

/** The rows of a page of a source. Throws `Failure` for an unreadable envelope. */
export function* rowsOf(source: AnySource, page: PageBody): Generator<Row> {
  try {
    yield* source.decode(page, source.name);
  } catch (error) {
    if (error instanceof Failure) error.details.source ??= source.name;
    throw error;
  }
}

/** Like `rowsOf`, for a stored page of a source. */
export const storedRows = (
  source: AnySource,
  { media_type: mediaType, status }: { media_type: string; status: number },
  body: Buffer,
): Generator<Row> => rowsOf(source, { body, mediaType, status });
