import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import { createSchedule, scheduleId } from './schedules.js';
import { isConfigured } from '../../sources/loading/configured.js';
import type { SourceRegistry } from '../../sources/loading/registry.js';
import type { AnySource } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import { seedSources } from '../../store/collections/sources.js';
import { askTemporal } from './ask.js';
import { scheduleSetting } from './setting.js';

/**
 * Creates a schedule for each configured source, once per installation: a schedule that a user changes stays as it is, and a
 * schedule that a user removes stays removed. Several workers may call this function at once. Failures are logged, and the next
 * worker tries again.
 */
export async function makeFirstSchedules(
  { client, store, config, log }: { client: Client; store: Store; config: Config; log: Logger },
  registry: SourceRegistry,
): Promise<void> {
  if (!config.autoSchedule) return;
  try {
    for (const source of scheduled(config, registry)) {
      if (await hadSchedule(store, config, source)) continue;
      try {
        await createFirst(client, config, source, log);
        await markScheduled(store, config, source);
      } catch (error) {
        log.warn({ source: source.name }, `Schedule not created: ${(error as Error).message}`);
      }
    }
  } catch (error) {
    log.warn(`Schedules not created: ${(error as Error).message}`);
  }
}

async function createFirst(client: Client, config: Config, source: AnySource, log: Logger): Promise<void> {
  const setting = scheduleSetting(source, config);
  await askTemporal(client, setting);
  if (!(await createSchedule(client, config, source))) return;
  const { cron, timezone } = setting;
  log.info(
    { source: source.name, cron, timezone },
    'Schedule created. To change, pause or remove it: rollcall schedule',
  );
}

/** The sources that a run without arguments collects, if their settings are complete. */
function scheduled(config: Config, registry: SourceRegistry): AnySource[] {
  if (config.collect.length > 0) return config.collect.map((name) => registry.get(name));
  return registry.all().filter((source) => {
    // A source without required settings is collected only when the user names it.
    const needs = Object.values(source.settings).some(({ fallback }) => fallback === undefined);
    return needs && isConfigured(source, config.environment);
  });
}

/** Identifies the source's schedule in this installation; each task queue and namespace is a separate installation. */
const markOf = (config: Config, { name }: AnySource) => `${config.temporal.namespace}/${scheduleId(config, name)}`;

async function hadSchedule(store: Store, config: Config, source: AnySource): Promise<boolean> {
  return (await store.sources.findOne({ _id: source.name, scheduled: markOf(config, source) })) !== null;
}

/** Records that the source had its schedule or must not have one, so that workers never create one again. */
export async function markScheduled(store: Store, config: Config, source: AnySource): Promise<void> {
  await seedSources(store, [source]);
  await store.sources.updateOne({ _id: source.name }, { $set: { scheduled: markOf(config, source) } });
}
