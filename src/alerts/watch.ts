import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { showOverdue } from '../metrics/overdue.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import { putAlert } from '../store/collections/alerts.js';
import type { Store } from '../store/database.js';
import { announceParked } from './announce.js';
import { deliverDue } from './deliver.js';
import { alertOfOverdue, findOverdue } from './overdue.js';

export interface Watching {
  store: Store;
  config: Config;
  sources: SourceRegistry;
  client: Client;
  log: Logger;
  /** Milliseconds between two rounds, and how long to wait after a try that failed. */
  pace?: { deliver: number; overdue: number; retry?: (attempts: number) => number };
}

const PACE = { deliver: 5_000, overdue: 5 * 60_000 };

/**
 * Looks for what somebody has to be told of, and delivers what is in the outbox, until it is stopped. Every worker does: alerts are
 * told apart by the event, and each is delivered by the worker that takes it. Nothing waits for this, and nothing fails by it.
 */
export function watchAlerts({ pace = PACE, ...watching }: Watching): { stop(): Promise<void> } {
  const { store, config, sources, log } = watching;
  const webhook = config.alertWebhook;
  const ended = new AbortController();
  const { signal } = ended;

  const outbox = async () => {
    if (webhook === undefined) return;
    await announceParked(store, config);
    await deliverDue(store, webhook, log, signal, pace.retry);
  };
  const schedules = async () => {
    const overdue = await findOverdue(watching, sources.all());
    showOverdue(sources.names(), overdue);
    if (webhook === undefined) return;
    for (const one of overdue) if (!one.parked) await putAlert(store, alertOfOverdue(config, one));
  };

  const loops = [repeat(outbox, pace.deliver, signal, log), repeat(schedules, pace.overdue, signal, log)];
  return {
    async stop() {
      ended.abort();
      await Promise.all(loops);
    },
  };
}

/** Does it again and again. What fails is tried again next time, and told when it begins to fail. */
async function repeat(work: () => Promise<void>, everyMs: number, signal: AbortSignal, log: Logger): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    // Workers that start together need not ask together.
    await sleep(everyMs * (0.8 + 0.4 * Math.random()), undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error: (error as Error).name }, 'Alerts cannot be looked after right now');
      failing = true;
    }
  }
}
