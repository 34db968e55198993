import { datasetOf } from '../normalize/datasets/index.js';
import { noteListed } from '../store/collections/pages.js';
import { originOf, putRejected } from '../store/collections/quarantine.js';
import { quarantinedByPage, type Quarantined } from './groups.js';
import { leaveQuarantine } from '../store/release.js';
import { lastOfEach } from '../normalize/normalize.js';
import { namedIn } from '../normalize/page.js';
import { putRecordsOf } from '../normalize/put-records.js';
import type { NormalizerContext } from '../normalize/context.js';
import { withoutRefused } from '../normalize/refused-rows.js';
import { OrderedRetry } from './retry-ordered.js';
import { keepRejected, readAgain, resolvedEntries, type ReadAgain, type Retried } from './retry-page.js';

export type { Retried } from './retry-page.js';

/**
 * Reads quarantined rows again from their stored pages with the current code; pages that could not be read at all are read whole.
 * Rows that can be normalized now are stored as records of their page and leave quarantine; the others stay with their current
 * reason. Sends no requests to vendors. Can be repeated. Throws `Failure`, for example when a page needs a key ring that is
 * missing.
 */
export async function retryQuarantined(
  context: NormalizerContext,
  which: Quarantined,
  onPage: (sum: Retried) => void = () => {},
): Promise<Retried> {
  const { store } = context;
  const sum: Retried = { pages: 0, new: 0, changed: 0, unchanged: 0, failing: [], merge: false };
  const ordered = new OrderedRetry(context, sum);
  try {
    for await (const entries of quarantinedByPage(store, which)) {
      const again = await readAgain(context, entries, sum);
      if (again && datasetOf(again.source).settle === 'order') await ordered.take(again);
      else if (again) await putAgain(context, again, sum);
      sum.pages += 1;
      onPage(sum);
    }
    await ordered.finish();
    return sum;
  } finally {
    await ordered.dispose();
  }
}

async function putAgain({ store, outputs }: NormalizerContext, again: ReadAgain, sum: Retried): Promise<void> {
  const { source, page, read } = again;
  const dataset = datasetOf(source);
  const latest = lastOfEach(read.understood);
  const origin = originOf(page);
  const { counts, refused } = await putRecordsOf(dataset, store, { ...origin, vendor: source.vendor }, latest, true);
  const records = withoutRefused(source, again.input, page, again.body, read, latest, refused);
  await dataset.passOn?.(outputs, records);
  await noteListed(store, page._id, namedIn(source.name, read));
  await keepRejected(again, sum, (rejected) => putRejected(store, origin, rejected));
  await leaveQuarantine(store, page, [...resolvedEntries(again), ...records.map(({ _id }) => _id)]);
  for (const count of ['new', 'changed', 'unchanged'] as const) sum[count] += counts[count];
  sum.merge ||= dataset.settle === 'merge' && records.length > 0;
}
