import type { Client } from '@temporalio/client';
import { collectDefaultMetrics } from 'prom-client';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { isConfigured } from '../sources/loading/configured.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { startCounting } from './counts.js';
import { openEndpoint, type Endpoint } from './endpoint.js';
import { checksOf, isLive, type Parts } from './health.js';
import { inventoryGauges } from './inventory.js';
import { showOverdue } from './overdue.js';
import { registry } from './registry.js';
import { readSdkMetrics, taskQueueGauges } from './sdk-metrics.js';
import { countVendorRequests } from './vendors.js';

/** A worker's health and metrics endpoint. */
export interface Shown {
  /** The caller adds each part of the worker once it exists. */
  parts: Parts;
  /** Starts to update the inventory's gauges at each scrape. */
  show(store: Store, client: Client, sources: SourceRegistry): void;
  close(): Promise<void>;
}

/**
 * Serves `/live`, `/ready` and `/metrics` at the configured address. If the address is in use the worker runs without it, because
 * several workers may share a machine. `sdkPort`: the port where Temporal's SDK exposes its own metrics.
 */
export async function showWorker(config: Config, log: Logger, sdkPort: number | undefined): Promise<Shown> {
  const parts: Parts = {};
  let gauges: (() => Promise<void>)[] = [];
  const endpoint = await listen(config.metricsAddress, log, {
    isLive: () => isLive(parts),
    checks: () => checksOf(parts),
    async moreMetrics() {
      for (const update of await Promise.allSettled(gauges.map((ask) => ask())))
        if (update.status === 'rejected')
          log.warn({ error: (update.reason as Error).message }, 'Some metrics are missing');
      return sdkPort === undefined ? '' : readSdkMetrics(sdkPort);
    },
  });
  if (!endpoint) return { parts, show() {}, async close() {} };
  collectDefaultMetrics({ register: registry });
  const stopCounting = countVendorRequests();
  return {
    parts,
    show(store, client, sources) {
      const configured = sources.all().filter((source) => isConfigured(source, config.environment));
      const names = configured.map(({ name }) => name);
      startCounting(names);
      showOverdue(names, []);
      gauges = [inventoryGauges(store, config, names), taskQueueGauges(client, config)];
    },
    async close() {
      stopCounting();
      await endpoint.close();
    },
  };
}

async function listen(
  address: string | undefined,
  log: Logger,
  content: Parameters<typeof openEndpoint>[1],
): Promise<Endpoint | undefined> {
  if (address === undefined) return undefined;
  try {
    const endpoint = await openEndpoint(address, content);
    log.info({ address: endpoint.address }, 'Serving /live, /ready and /metrics');
    return endpoint;
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another process listens there' : code;
    log.warn({ address, code }, `No /live, /ready and /metrics (ROLLCALL_METRICS_ADDRESS): ${why}`);
    return undefined;
  }
}
