import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { Failure } from '../../../src/model/failure.js';
import type { Cursor, FetchedPage, Input, Mapped, SourceDefinition } from '../../../src/model/source.js';

/** The pages and mapped records of one listing, and the failure that ended it. */
export interface Listed {
  pages: FetchedPage[];
  records: Mapped[];
  /** Native ids in the order of the listing. */
  ids: string[];
  failure?: Failure;
}

interface How {
  from?: Cursor | null;
  /** The number of pages after which the caller wants no more. */
  most?: number;
}

/**
 * Reads an input to its end or its first failure. Each page's digest and row count must match its bytes, and each row
 * must be readable, refer to its own bytes and map.
 */
export async function list(source: SourceDefinition, input: Input, { from = null, most }: How = {}): Promise<Listed> {
  const listed: Listed = { pages: [], records: [], ids: [] };
  const more = () => most === undefined || listed.pages.length < most;
  try {
    for await (const page of input.pages(from, { signal: new AbortController().signal, more })) {
      listed.pages.push(page);
      for (const record of recordsOf(source, page)) {
        listed.records.push(record);
        listed.ids.push(record.id);
      }
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    listed.failure = error;
  }
  return listed;
}

/** The mapped records of one page, which must match its bytes. */
export function recordsOf(source: SourceDefinition, page: FetchedPage): Mapped[] {
  const digest = createHash('sha256').update(page.body).digest('hex');
  if (page.digest !== digest) throw new Error(`The page's digest is ${page.digest} in place of ${digest}`);
  const rows = [...source.decode(page, source.name)];
  if (rows.length !== page.rows) throw new Error(`The page has ${rows.length} rows in place of ${page.rows}`);
  return rows.map((row, place) => {
    if (row.index !== place) throw new Error(`Row ${place} has the index ${row.index}`);
    if (row.error !== undefined) throw new Error(`Row ${place} cannot be read`, { cause: row.error });
    const mapped = source.map(row.value);
    const own = page.body.subarray(row.offset, row.offset + row.length);
    if (!own.includes(mapped.id)) throw new Error(`Row ${row.index} does not point to the bytes of ${mapped.id}`);
    return mapped;
  });
}

/** Expects a complete listing with every record of `truth` exactly once. */
export function expectWhole({ pages, ids, failure }: Listed, truth: string[]): void {
  expect(failure).toBeUndefined();
  expect(pages.at(-1)!.next).toBeNull();
  expect(ids.toSorted()).toEqual(truth.toSorted());
}

/**
 * From each page's `next`, as a store returns it, another input must read the records that the first input read after
 * that page.
 */
export async function expectResumable(source: SourceDefinition, open: () => Input, whole: Listed): Promise<void> {
  let read = 0;
  for (const [index, page] of whole.pages.entries()) {
    expect(page.next).toEqual(whole.pages[index + 1]?.cursor ?? null);
    read += page.rows;
    if (page.next === null) continue;
    const rest = await list(source, open(), { from: JSON.parse(JSON.stringify(page.next)) as Cursor });
    expect(rest.failure).toBeUndefined();
    expect(rest.ids).toEqual(whole.ids.slice(read));
    expect(rest.pages[0]!.digest).toBe(whole.pages[index + 1]!.digest);
  }
}

/** Expects that neither the log output of a failure nor what Temporal stores of it contains a secret. */
export function expectSilent(failure: Failure, secrets: string[]): void {
  const everything = [failure.stack, JSON.stringify(failure), inspect(failure, { depth: 9, showHidden: true })].join();
  for (const secret of secrets) {
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
  expect(everything).not.toMatch(/Basic |Bearer |skip=|client_secret/);
}
