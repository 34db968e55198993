import { Failure } from '../model/failure.js';
import { offlineInput } from '../sources/offline.js';
import type { AnySource, Input, Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import type { PageDoc } from '../store/documents/pages.js';
import { entryId, isWholePage } from '../store/collections/quarantine.js';
import type { QuarantineDoc } from '../store/documents/quarantine.js';
import { readPage, type ReadPage } from '../normalize/page.js';
import type { Reading } from '../normalize/context.js';

/** What reading quarantined rows again came to. */
export interface Retried {
  /** Stored pages that were looked at. */
  pages: number;
  /** Rows that were understood, as what they were stored: a row whose record was known already is unchanged. */
  new: number;
  changed: number;
  unchanged: number;
  /** What is still not understood. */
  failing: { source: string; reason: string; records: number }[];
  /** Records were changed that are to be merged. */
  merge: boolean;
}

/** Rows of one page that were in quarantine, read again. */
export interface ReadAgain {
  source: AnySource;
  page: PageDoc;
  body: Buffer | undefined;
  input: Input;
  entries: readonly QuarantineDoc[];
  read: ReadPage;
  /** Rows that were read; one that was erased came to nothing. */
  rows: ReadonlySet<number>;
}

/** Counts rows that are still not understood. */
export function fail(sum: Retried, source: string, reason: string, records = 1): undefined {
  const known = sum.failing.find((group) => group.source === source && group.reason === reason);
  if (known) known.records += records;
  else sum.failing.push({ source, reason, records });
}

/** Reads the rows of one page; those that are lost are counted. `undefined` where nothing of the page can be read. */
export async function readAgain(
  reading: Reading,
  entries: readonly QuarantineDoc[],
  sum: Retried,
): Promise<ReadAgain | undefined> {
  const { store, keys } = reading;
  const { source: name, page: id } = entries[0]!;
  const source = sourceNamed(reading, name);
  const failAll = (reason: string): undefined => fail(sum, name, reason, entries.length);
  if (!source) return failAll('no source file declares this source any more');
  const page = await store.pages.findOne({ _id: id }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0 } });
  if (!page) return failAll('the stored page is missing');
  const body = await getBody(store, page.digest, page.bytes, () => keys.keys());
  const places = new Set(entries.map(({ row, offset }) => `${row}/${offset}`));
  const wholly = entries.some((entry) => isWholePage(entry, page));
  const rows = new Set<number>();
  const wanted = ({ index, offset }: Row): boolean => {
    const isWanted = wholly || places.has(`${index}/${offset}`);
    if (isWanted) rows.add(index);
    return isWanted;
  };
  const input = offlineInput(source, reading.environment);
  const read = readPage(source, input, page, body, reading, wanted);
  const [first] = read.rejected;
  if (first && isWholePage(first, page)) {
    // Its rows are not to be blamed: they stay as they are.
    if (!wholly) return failAll(first.reason);
    return { source, page, body, input, entries: entries.filter((entry) => isWholePage(entry, page)), read, rows };
  }
  const lost = wholly ? 0 : entries.filter(({ row }) => !rows.has(row)).length;
  if (lost > 0) fail(sum, name, 'the source reads its pages as other rows now', lost);
  return { source, page, body, input, entries, read, rows };
}

function sourceNamed({ sources }: Reading, name: string): AnySource | undefined {
  try {
    return sources.get(name);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Keeps what is still not understood, with the reason that it has now. */
export async function keepFailing(
  { source, read: { rejected } }: ReadAgain,
  sum: Retried,
  put: (rejected: ReadPage['rejected']) => Promise<unknown>,
): Promise<void> {
  await put(rejected);
  for (const { reason } of rejected) fail(sum, source.name, reason);
}

/** Ids of the entries of whose rows something else is known by now. */
export function settled({ source, page, entries, read, rows }: ReadAgain): string[] {
  const origin = { source: source.name, page: page._id };
  const still = new Set(read.rejected.map((row) => entryId(origin, row)));
  return entries
    .filter((entry) => (rows.has(entry.row) || isWholePage(entry, page)) && !still.has(entry._id))
    .map(({ _id }) => _id);
}
