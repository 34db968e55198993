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
 * Gives each configured source its schedule, once for an installation: one that somebody changed stays as it is, and one that
 * was removed does not come back. Several workers may do so at once. Whatever fails is logged, and tried again by the next worker.
 */
export async function makeFirstSchedules(
  { client, store, config, log }: { client: Client; store: Store; config: Config; log: Logger },
  registry: SourceRegistry,
): Promise<void> {
  if (!config.autoSchedule) return;
  try {
    for (const source of scheduled(config, registry)) {
      if (await isMarked(store, config, source)) continue;
      try {
        await makeFirst(client, config, source, log);
        await markScheduled(store, config, source);
      } catch (error) {
        log.warn({ source: source.name }, `No schedule was made: ${(error as Error).message}`);
      }
    }
  } catch (error) {
    log.warn(`No schedules were made: ${(error as Error).message}`);
  }
}

async function makeFirst(client: Client, config: Config, source: AnySource, log: Logger): Promise<void> {
  const setting = scheduleSetting(source, config);
  await askTemporal(client, setting);
  if (!(await createSchedule(client, config, source))) return;
  const { cron, timezone } = setting;
  log.info({ source: source.name, cron, timezone }, 'Schedule made: rollcall schedule changes, pauses or removes it');
}

/** The sources that a run without names collects, as far as they are complete. */
function scheduled(config: Config, registry: SourceRegistry): AnySource[] {
  if (config.collect.length > 0) return config.collect.map((name) => registry.get(name));
  return registry.all().filter((source) => {
    // What needs no settings is only collected when it is named.
    const needs = Object.values(source.settings).some(({ fallback }) => fallback === undefined);
    return needs && isConfigured(source, config.environment);
  });
}

/** An installation: another task queue or namespace is another one. */
const markOf = (config: Config, { name }: AnySource) => `${config.temporal.namespace}/${scheduleId(config, name)}`;

async function isMarked(store: Store, config: Config, source: AnySource): Promise<boolean> {
  return (await store.sources.findOne({ _id: source.name, scheduled: markOf(config, source) })) !== null;
}

/** Notes that the source had its schedule, or is not to have one: workers leave it to people from now on. */
export async function markScheduled(store: Store, config: Config, source: AnySource): Promise<void> {
  await seedSources(store, [source]);
  await store.sources.updateOne({ _id: source.name }, { $set: { scheduled: markOf(config, source) } });
}
