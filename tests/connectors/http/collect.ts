import { Failure } from '../../../src/model/failure.js';
import {
  header,
  httpInput,
  httpRows,
  offset,
  type HttpInputOptions,
  type OffsetPosition,
} from '../../../src/connectors/http/index.js';
import { resolveSettings } from '../../../src/model/settings.js';
import type { AnySource, Cursor, Decode, FetchedPage, Input, Row } from '../../../src/model/source.js';

/** The result of one listing: its pages, the values of their rows, and the failure that ended it. */
export interface Collected {
  pages: FetchedPage[];
  rows: unknown[];
  failure?: Failure;
}

/** An input with the decoder of its pages. */
export interface ReadableInput extends Input {
  decode: Decode;
}

interface How {
  from?: Cursor | null;
  more?: (pages: number) => boolean;
  signal?: AbortSignal;
}

/** Reads an input to its end or its first failure. Any error that is not a `Failure` is rethrown. */
export async function collect(
  input: ReadableInput,
  { from = null, more = () => true, signal }: How = {},
): Promise<Collected> {
  const collected: Collected = { pages: [], rows: [] };
  const options = { signal: signal ?? new AbortController().signal, more: () => more(collected.pages.length) };
  try {
    for await (const page of input.pages(from, options)) {
      collected.pages.push(page);
      for (const row of input.decode(page, 'acme')) collected.rows.push(valueOf(row));
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    collected.failure = error;
  }
  return collected;
}

const valueOf = (row: Row) => (row.error === undefined ? row.value : `error: ${row.error}`);

/** Returns the failure of a listing that must fail. */
export async function failureOf(input: ReadableInput, how?: How): Promise<Failure> {
  const { failure } = await collect(input, how);
  if (!failure) throw new Error('The listing did not fail');
  return failure;
}

/** A plain list by skip and limit, for tests of the layers below the paging. */
export function listInput(base: string, options: Partial<HttpInputOptions<OffsetPosition>> = {}): ReadableInput {
  return readableInput<OffsetPosition>({
    source: 'acme',
    base,
    auth: header('token', 'SECRET-canary'),
    request: ({ skip, limit }) => ({ method: 'POST', path: '/hosts', query: { skip, limit } }),
    paging: offset({ limit: 2 }),
    envelope: { records: '' },
    ...options,
  });
}

export const readableInput = <Position extends Cursor>(options: HttpInputOptions<Position>): ReadableInput => ({
  ...httpInput(options),
  decode: httpRows(options.envelope),
});

/** The input of a source, with the decoder of its pages. */
export const inputOfSource = (source: AnySource, environment: Record<string, string | undefined>): ReadableInput => ({
  ...source.input(resolveSettings(source.name, source.settings, environment)),
  decode: source.decode,
});
