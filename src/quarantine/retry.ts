import { datasetOf } from '../normalize/datasets/index.js';
import { noteListed } from '../store/collections/pages.js';
import { originOf, putRejected } from '../store/collections/quarantine.js';
import { quarantinedByPage, type Quarantined } from './groups.js';
import { leaveQuarantine } from '../store/release.js';
import { lastOfEach, namedIn } from '../normalize/page.js';
import { putRecordsOf } from '../normalize/put-records.js';
import type { NormalizerContext } from '../normalize/context.js';
import { withoutUnstorable } from '../normalize/unstorable-rows.js';
import { OrderedRetry } from './retry-ordered.js';
import { keepRejected, readAgain, resolvedEntries, type ReadAgain, type Retried } from './retry-page.js';

export type { Retried } from './retry-page.js';

/**
 * Reads quarantined rows again, when a user runs `quarantine retry`. Without it, a row leaves quarantine when a later listing
 * contains its record in readable form. `retry-page.ts` reads
 * the rows from their stored pages with the current code, `retry-ordered.ts` those of sources that are loaded in order; pages that could not be read at all are read
 * completely. Rows that can be normalized now are stored as records of their page and leave quarantine; the others stay in
 * quarantine with their current reason. Sends no requests to vendors. Can be repeated. Throws `Failure`, for example when a
 * page needs a key ring that is missing.
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
      if (again && datasetOf(again.source).afterNormalizing === 'order') await ordered.take(again);
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
  const latest = lastOfEach(read.normalized);
  const origin = originOf(page);
  const { counts, unstorable } = await putRecordsOf(dataset, store, { ...origin, vendor: source.vendor }, latest, true);
  const records = withoutUnstorable(source, page, again.body, read, latest, unstorable);
  await dataset.passOn?.(outputs, records);
  await noteListed(store, page._id, namedIn(source.name, read));
  await keepRejected(again, sum, (rejected) => putRejected(store, origin, rejected));
  await leaveQuarantine(store, page, [...resolvedEntries(again), ...records.map(({ _id }) => _id)]);
  for (const count of ['new', 'changed', 'unchanged'] as const) sum[count] += counts[count];
  sum.merge ||= dataset.afterNormalizing === 'merge' && records.length > 0;
}
