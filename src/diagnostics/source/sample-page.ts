import { Failure } from '../../model/failure.js';
import type { Cursor, FetchedPage, Input } from '../../model/source.js';

/**
 * One page for a look, in one request: of about `rows` records where the input can ask for so few. Nothing is taken or kept:
 * a queue shows its messages to others again. `undefined`: the input has nothing. Throws `Failure`.
 */
export async function samplePage(input: Input, rows: number, signal: AbortSignal): Promise<FetchedPage | undefined> {
  if (input.peek) return input.peek(rows, signal);
  // The positions of the pagings that there are; one that is spelled otherwise is refused, and its own beginning is taken.
  const small: Cursor = { skip: 0, limit: rows };
  try {
    return await firstPage(input, small, signal);
  } catch (error) {
    // A vendor may have a smallest page size, too.
    if (!(error instanceof Failure) || !['cursor-expired', 'request-rejected'].includes(error.kind)) throw error;
    return firstPage(input, null, signal);
  }
}

async function firstPage(input: Input, from: Cursor | null, signal: AbortSignal): Promise<FetchedPage | undefined> {
  let asked = false;
  const once = () => !asked && (asked = true);
  for await (const page of input.pages(from, { signal, more: once })) return page;
  return undefined;
}
