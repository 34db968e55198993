import { Failure } from '../model/failure.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Dependencies } from './context.js';
import { deliverActivity } from './deliver-events.js';
import { fetchActivity } from './fetch.js';
import { listingActivities } from './listing.js';
import { logged } from './logged.js';
import { mergeActivity } from './merge.js';
import { normalizeActivity } from './normalize.js';
import { runActivities } from './run.js';
import { maintenanceActivities } from './maintenance.js';

/**
 * Replaces the failure for an unknown source by one whose remedy is a restart: the worker reads source files only when it starts,
 * while commands read them each time, so a command may know a source that the worker does not.
 */
function withRestartRemedy(sources: SourceRegistry): SourceRegistry {
  return {
    ...sources,
    get(name) {
      try {
        return sources.get(name);
      } catch (error) {
        // Any other failure names a file and what is wrong in it.
        if (!(error instanceof Failure) || error.details.at !== name) throw error;
        throw new Failure('settings-invalid', `This worker does not know the source ${name}`, {
          source: name,
          at: name,
          remedy: `Restart the worker: it reads source files when it starts, from the folders of ROLLCALL_SOURCES in its own environment. It knows: ${sources.names().join(', ')}`,
        });
      }
    },
  };
}

/** Creates all activities. Workflows import only the type. */
export function createActivities(given: Dependencies) {
  const dependencies = { ...given, sources: withRestartRemedy(given.sources) };
  return logged(given.log, {
    ...runActivities(dependencies),
    ...listingActivities(dependencies),
    fetchPages: fetchActivity(dependencies),
    normalizePages: normalizeActivity(dependencies),
    deliverRecords: deliverActivity(dependencies),
    mergeRecords: mergeActivity(dependencies),
    ...maintenanceActivities(dependencies),
  });
}

export type Activities = ReturnType<typeof createActivities>;
