import { Failure } from '../../model/failure.js';
import type { Cursor, FetchedPage, Input } from '../../model/source.js';

/**
 * Fetches a sample page in one request, of about `rows` records if the input supports that. Nothing is consumed or stored: a
 * queue makes its messages visible again. Returns `undefined` if the input has no page. Throws `Failure`.
 */
export async function samplePage(input: Input, rows: number, signal: AbortSignal): Promise<FetchedPage | undefined> {
  if (input.peek) return input.peek(rows, signal);
  // The cursor of the built-in paginators. Inputs with another cursor reject it, and then start at their own beginning.
  const small: Cursor = { skip: 0, limit: rows };
  try {
    return await firstPage(input, small, signal);
  } catch (error) {
    // The vendor may also have a minimum page size.
    if (!(error instanceof Failure) || !['cursor-expired', 'request-rejected'].includes(error.kind)) throw error;
    return firstPage(input, null, signal);
  }
}

async function firstPage(input: Input, from: Cursor | null, signal: AbortSignal): Promise<FetchedPage | undefined> {
  let requested = false;
  const once = () => !requested && (requested = true);
  for await (const page of input.pages(from, { signal, more: once })) return page;
  return undefined;
}
