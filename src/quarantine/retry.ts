import { datasetOf } from '../normalize/datasets/index.js';
import { noteListed } from '../store/collections/pages.js';
import { originOf, putRejected } from '../store/collections/quarantine.js';
import { quarantinedByPage, type Quarantined } from './groups.js';
import { release } from '../store/release.js';
import { lastOfEach } from '../normalize/normalize.js';
import { namedIn } from '../normalize/page.js';
import { putRecordsOf } from '../normalize/put-records.js';
import type { Reading } from '../normalize/context.js';
import { withoutRefused } from '../normalize/refused-rows.js';
import { OrderedRetry } from './retry-ordered.js';
import { keepFailing, readAgain, settled, type ReadAgain, type Retried } from './retry-page.js';

export type { Retried } from './retry-page.js';

/**
 * Reads rows in quarantine again from their stored pages with today's code; a page that could not be read at all as a whole.
 * What is understood is stored as its page would have it, and leaves; the rest stays with the reason that it has now. Nothing is
 * fetched, and repeating it changes nothing. Throws `Failure`, for one when the key ring is missing that a page needs.
 */
export async function retryQuarantined(
  reading: Reading,
  which: Quarantined,
  onPage: (sum: Retried) => void = () => {},
): Promise<Retried> {
  const { store } = reading;
  const sum: Retried = { pages: 0, new: 0, changed: 0, unchanged: 0, failing: [], merge: false };
  const ordered = new OrderedRetry(reading, sum);
  try {
    for await (const entries of quarantinedByPage(store, which)) {
      const again = await readAgain(reading, entries, sum);
      if (again && datasetOf(again.source).settle === 'order') await ordered.take(again);
      else if (again) await putAgain(reading, again, sum);
      sum.pages += 1;
      onPage(sum);
    }
    await ordered.finish();
    return sum;
  } finally {
    await ordered.dispose();
  }
}

async function putAgain({ store, outputs }: Reading, again: ReadAgain, sum: Retried): Promise<void> {
  const { source, page, read } = again;
  const dataset = datasetOf(source);
  const latest = lastOfEach(read.understood);
  const origin = originOf(page);
  const { counts, refused } = await putRecordsOf(dataset, store, { ...origin, vendor: source.vendor }, latest, true);
  const records = withoutRefused(source, again.input, page, again.body, read, latest, refused);
  await dataset.passOn?.(outputs, records);
  await noteListed(store, page._id, namedIn(source.name, read));
  await keepFailing(again, sum, (rejected) => putRejected(store, origin, rejected));
  await release(store, page, [...settled(again), ...records.map(({ _id }) => _id)]);
  for (const count of ['new', 'changed', 'unchanged'] as const) sum[count] += counts[count];
  sum.merge ||= dataset.settle === 'merge' && records.length > 0;
}
