import { LedgerReader } from './ledger-reader.js';
import { withLocation } from './errors.js';
import { NOTHING, type NormalizeInput, type Normalized } from './normalized.js';
import { PageNormalizer } from './page-normalizer.js';
import { UNOBSERVED, type ReadObserver } from './careful.js';
import type { NormalizerContext } from './context.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';

export interface Normalizing {
  /** Stops after the page that reaches this number of rows. */
  rows: number;
  /** With `follow`: stops after this time without a page. */
  waitMs: number;
  signal: AbortSignal;
  /** Called after each page. */
  onPage: (sum: Normalized) => void;
  observer?: ReadObserver;
}

/**
 * Converts stored pages to records. Sends no requests to vendors. Can be repeated. When aborted, finishes the current page
 * first.
 */
export async function normalize(
  context: NormalizerContext,
  input: NormalizeInput,
  { rows, waitMs, signal, onPage, observer = UNOBSERVED }: Normalizing,
): Promise<Normalized> {
  const normalizer = await PageNormalizer.open(context, input, observer);
  const ledger = new LedgerReader(context.store, input, waitMs, signal);
  const sum: Normalized = { ...NOTHING, next: input.from };
  // The next page is read and mapped while the current page is written.
  let writing: Promise<void> = Promise.resolve();
  let rowsRead = 0;
  let last: PageDoc | undefined;
  const spent = () => rowsRead >= rows || signal.aborted;

  while (!spent() && last?.next !== null) {
    const { pages, ended } = await ledger.next();
    if (pages.length === 0) {
      sum.stopped = ended ? 'ended' : 'waited';
      break;
    }
    let prepared = normalizer.prepare(pages[0]);
    for (const [at, page] of pages.entries()) {
      if (spent()) break;
      const ready = await prepared;
      prepared = normalizer.prepare(pages[at + 1]);
      prepared.catch(() => {}); // awaited with its page
      rowsRead += page.rows;
      last = page;
      const write = await normalizer.read(page, ready, writing);
      await writing;
      writing = write().then(
        (outcome) => onPage(add(sum, page, outcome, input.share?.of)),
        (error: unknown) => {
          throw withLocation(error, { page: page.seq });
        },
      );
      writing.catch(() => {}); // awaited at the next page and at the end
      await new Promise(setImmediate); // parsing a page blocks the event loop: run other tasks in between
    }
  }
  await writing;
  await normalizer.close();
  if (last?.next === null) sum.stopped = 'ended';
  return sum;
}

function add(sum: Normalized, page: PageDoc, outcome: PageOutcome, step = 1): Normalized {
  sum.pages += 1;
  sum.rows += page.rows;
  for (const count of ['new', 'changed', 'unchanged', 'quarantined'] as const) sum[count] += outcome[count];
  sum.next = page.seq + step;
  return sum;
}
