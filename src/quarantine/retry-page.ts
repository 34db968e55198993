import { Failure } from '../model/failure.js';
import type { AnySource, Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import type { PageDoc } from '../store/documents/pages.js';
import { entryId, isWholePage } from '../store/collections/quarantine.js';
import type { QuarantineDoc } from '../store/documents/quarantine.js';
import { readPage, type ReadPage } from '../normalize/page.js';
import type { NormalizerContext } from '../normalize/context.js';

/** Result of reading quarantined rows again. */
export interface Retried {
  /** Stored pages that were read. */
  pages: number;
  /** Rows that were normalized, by how they were stored: a row whose record was stored already is unchanged. */
  new: number;
  changed: number;
  unchanged: number;
  /** Rows that still cannot be read, by source and reason. */
  failing: { source: string; reason: string; records: number }[];
  /** Records were changed, so the caller must merge. */
  merge: boolean;
}

/** Quarantined rows of one page, read again. */
export interface ReadAgain {
  source: AnySource;
  page: PageDoc;
  body: Buffer | undefined;
  entries: readonly QuarantineDoc[];
  read: ReadPage;
  /** Positions of the rows that were read, including erased rows, from which no record is created. */
  rows: ReadonlySet<number>;
}

/** Counts rows that still cannot be read. */
export function countFailing(sum: Retried, source: string, reason: string, records = 1): undefined {
  const known = sum.failing.find((group) => group.source === source && group.reason === reason);
  if (known) known.records += records;
  else sum.failing.push({ source, reason, records });
}

/**
 * Reads the quarantined rows of one page again, and counts the rows that are missing. Returns `undefined` if the page
 * cannot be read at all.
 */
export async function readAgain(
  context: NormalizerContext,
  entries: readonly QuarantineDoc[],
  sum: Retried,
): Promise<ReadAgain | undefined> {
  const { store, keys } = context;
  const { source: name, page: id } = entries[0]!;
  const source = sourceNamed(context, name);
  const failAll = (reason: string): undefined => countFailing(sum, name, reason, entries.length);
  if (!source) return failAll('no source file declares this source any more');
  const page = await store.pages.findOne({ _id: id }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0 } });
  if (!page) return failAll('the stored page is missing');
  const body = await getBody(store, page.digest, page.bytes, () => keys.keys());
  const locations = new Set(entries.map(({ row, offset }) => `${row}/${offset}`));
  const isWhole = entries.some((entry) => isWholePage(entry, page));
  const rows = new Set<number>();
  const wanted = ({ index, offset }: Row): boolean => {
    const isWanted = isWhole || locations.has(`${index}/${offset}`);
    if (isWanted) rows.add(index);
    return isWanted;
  };
  const read = readPage(source, page, body, context, wanted);
  const [first] = read.rejected;
  if (first && isWholePage(first, page)) {
    // The page as a whole cannot be read. This does not show whether its rows can be read, so their entries stay unchanged.
    if (!isWhole) return failAll(first.reason);
    return { source, page, body, entries: entries.filter((entry) => isWholePage(entry, page)), read, rows };
  }
  const missing = isWhole ? 0 : entries.filter(({ row }) => !rows.has(row)).length;
  if (missing > 0) countFailing(sum, name, 'the source no longer reads this row from its page', missing);
  return { source, page, body, entries, read, rows };
}

function sourceNamed({ sources }: NormalizerContext, name: string): AnySource | undefined {
  try {
    return sources.get(name);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Stores the rows that still cannot be read, with their current reason. */
export async function keepRejected(
  { source, read: { rejected } }: ReadAgain,
  sum: Retried,
  put: (rejected: ReadPage['rejected']) => Promise<unknown>,
): Promise<void> {
  await put(rejected);
  for (const { reason } of rejected) countFailing(sum, source.name, reason);
}

/** Ids of the entries that can leave quarantine: their rows were read and are not rejected again under the same id. */
export function resolvedEntries({ source, page, entries, read, rows }: ReadAgain): string[] {
  const origin = { source: source.name, page: page._id };
  const still = new Set(read.rejected.map((row) => entryId(origin, row)));
  return entries
    .filter((entry) => (rows.has(entry.row) || isWholePage(entry, page)) && !still.has(entry._id))
    .map(({ _id }) => _id);
}
