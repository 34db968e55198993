import { Failure } from '../../../src/model/failure.js';
import {
  header,
  httpInput,
  offset,
  type HttpInputOptions,
  type OffsetPosition,
} from '../../../src/connectors/http/index.js';
import type { Cursor, FetchedPage, Input, Row } from '../../../src/model/source.js';

/** What one walk gave: its pages, the values of their rows, and the failure that ended it. */
export interface Collected {
  pages: FetchedPage[];
  rows: unknown[];
  failure?: Failure;
}

interface How {
  from?: Cursor | null;
  more?: (pages: number) => boolean;
  signal?: AbortSignal;
}

/** Walks an input to its end or its first failure. Anything thrown that is no `Failure` is thrown on. */
export async function collect(input: Input, { from = null, more = () => true, signal }: How = {}): Promise<Collected> {
  const collected: Collected = { pages: [], rows: [] };
  const options = { signal: signal ?? new AbortController().signal, more: () => more(collected.pages.length) };
  try {
    for await (const page of input.pages(from, options)) {
      collected.pages.push(page);
      for (const row of input.rows(page)) collected.rows.push(valueOf(row));
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    collected.failure = error;
  }
  return collected;
}

const valueOf = (row: Row) => (row.error === undefined ? row.value : `error: ${row.error}`);

/** The failure of a walk that must have one. */
export async function failureOf(input: Input, how?: How): Promise<Failure> {
  const { failure } = await collect(input, how);
  if (!failure) throw new Error('The walk did not fail');
  return failure;
}

/** A bare list by skip and limit, for tests of what is below the paging. */
export function listInput(base: string, options: Partial<HttpInputOptions<OffsetPosition>> = {}): Input {
  return httpInput<OffsetPosition>({
    source: 'acme',
    base,
    auth: header('token', 'SECRET-canary'),
    request: ({ skip, limit }) => ({ method: 'POST', path: '/hosts', query: { skip, limit } }),
    paging: offset({ limit: 2 }),
    envelope: { records: '' },
    ...options,
  });
}
