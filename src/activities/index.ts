import { Failure } from '../model/failure.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Dependencies } from './context.js';
import { loadEventsActivity } from './load-events.js';
import { fetchActivity } from './fetch.js';
import { listingActivities } from './listing.js';
import { activityInterceptor } from './interceptor.js';
import { mergeActivities } from './merge.js';
import { normalizeActivity } from './normalize.js';
import { runActivities } from './run.js';
import { maintenanceActivities } from './maintenance.js';

/**
 * Replaces the failure for an unknown source by one whose remedy is a restart. The worker reads source files only when it
 * starts, but a command reads them each time, so a source may be known to a command and unknown to the worker.
 */
function withRestartRemedy(sources: SourceRegistry): SourceRegistry {
  return {
    ...sources,
    get(name) {
      try {
        return sources.get(name);
      } catch (error) {
        // Any other failure names a file and the fault in the file.
        if (!(error instanceof Failure) || error.details.at !== name) throw error;
        throw new Failure('settings-invalid', `This worker does not know the source ${name}`, {
          source: name,
          at: name,
          remedy: `Restart the worker: it reads source files when it starts, from the folders of ROLLCALL_SOURCES in its own environment. Loaded sources: ${sources.names().join(', ')}`,
        });
      }
    },
  };
}

/** Creates all activities. Workflows import only their type. */
export function createActivities(given: Dependencies) {
  const dependencies = { ...given, sources: withRestartRemedy(given.sources) };
  return {
    ...runActivities(dependencies),
    ...listingActivities(dependencies),
    fetchPages: fetchActivity(dependencies),
    normalizePages: normalizeActivity(dependencies),
    loadEvents: loadEventsActivity(dependencies),
    ...mergeActivities(dependencies),
    ...maintenanceActivities(dependencies),
  };
}

export type Activities = ReturnType<typeof createActivities>;

/** Activities that wait for a person when they fail in a way that only a person can fix. */
const PARKABLE: ReadonlySet<string> = new Set<keyof Activities>(['fetchPages', 'normalizePages', 'loadEvents']);

/** The options of a Temporal worker that runs the activities. */
export function activityOptions(dependencies: Dependencies) {
  return {
    activities: createActivities(dependencies),
    interceptors: { activity: [activityInterceptor(dependencies, PARKABLE)] },
  };
}
