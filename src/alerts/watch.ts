import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { showOverdue } from '../metrics/overdue.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import { putAlert } from '../store/collections/alerts.js';
import type { Store } from '../store/database.js';
import { storeParkedAlerts } from './store-alert.js';
import { deliverDue } from './deliver.js';
import { alertOfOverdue, findOverdue } from './overdue.js';

export interface AlertWatchOptions {
  store: Store;
  config: Config;
  sources: SourceRegistry;
  client: Client;
  log: Logger;
  /** Milliseconds between two rounds, and the delay before a failed delivery is retried. */
  pace?: { deliver: number; overdue: number; retry?: (attempts: number) => number };
}

const PACE = { deliver: 5_000, overdue: 5 * 60_000 };

/**
 * Finds events to alert about and delivers the alerts of the outbox, until it is stopped. Every worker runs this loop, but an
 * event has only one alert, and only one worker delivers it. Its errors are logged, and do not affect the worker's other tasks.
 */
export function watchAlerts({ pace = PACE, ...options }: AlertWatchOptions): { stop(): Promise<void> } {
  const { store, config, sources, log } = options;
  const webhook = config.alertWebhook;
  const abort = new AbortController();
  const { signal } = abort;

  const outbox = async () => {
    if (webhook === undefined) return;
    await storeParkedAlerts(store, config);
    await deliverDue(store, webhook, log, signal, pace.retry);
  };
  const schedules = async () => {
    const overdue = await findOverdue(options, sources.all());
    showOverdue(sources.names(), overdue);
    if (webhook === undefined) return;
    for (const one of overdue) if (!one.parked) await putAlert(store, alertOfOverdue(config, one));
  };

  const loops = [repeat(outbox, pace.deliver, signal, log), repeat(schedules, pace.overdue, signal, log)];
  return {
    async stop() {
      abort.abort();
      await Promise.all(loops);
    },
  };
}

/** Repeats `work` until aborted. Retries after an error at the next round, and logs the first error of a series. */
async function repeat(work: () => Promise<void>, everyMs: number, signal: AbortSignal, log: Logger): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    // Random delay, so that workers that start together do not run at the same time.
    await sleep(everyMs * (0.8 + 0.4 * Math.random()), undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error: (error as Error).name }, 'Alerts cannot be checked or delivered right now');
      failing = true;
    }
  }
}
