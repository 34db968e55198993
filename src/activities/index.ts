import type { Dependencies } from './context.js';
import { deliverActivity } from './deliver.js';
import { fetchActivity } from './fetch.js';
import { listingActivities } from './listing.js';
import { mergeActivity } from './merge.js';
import { normalizeActivity } from './normalize.js';
import { runActivities } from './run.js';
import { upkeepActivities } from './upkeep.js';

/** All activities, given what they need. Workflows import the type of this and nothing else of it. */
export function createActivities(dependencies: Dependencies) {
  return {
    ...runActivities(dependencies),
    ...listingActivities(dependencies),
    fetchPages: fetchActivity(dependencies),
    normalizePages: normalizeActivity(dependencies),
    deliverRecords: deliverActivity(dependencies),
    mergeRecords: mergeActivity(dependencies),
    ...upkeepActivities(dependencies),
  };
}

export type Activities = ReturnType<typeof createActivities>;
