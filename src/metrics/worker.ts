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

/** What a worker shows of itself where Prometheus and a supervisor look. */
export interface Shown {
  /** Told as the worker is put together. */
  parts: Parts;
  /** The gauges that are asked for at each scrape; from here on they are. */
  show(store: Store, client: Client, sources: SourceRegistry): void;
  close(): Promise<void>;
}

/**
 * Opens `/live`, `/ready` and `/metrics` at the address of the settings. An address that cannot be had is no reason for a
 * worker not to work: several of them may share one machine. `sdkPort`: where Temporal's SDK shows its own metrics.
 */
export async function showWorker(config: Config, log: Logger, sdkPort: number | undefined): Promise<Shown> {
  const parts: Parts = {};
  let gauges: (() => Promise<void>)[] = [];
  const endpoint = await listen(config.metricsAddress, log, {
    isLive: () => isLive(parts),
    checks: () => checksOf(parts),
    async moreMetrics() {
      for (const asked of await Promise.allSettled(gauges.map((ask) => ask())))
        if (asked.status === 'rejected')
          log.warn({ error: (asked.reason as Error).message }, 'Some metrics are missing');
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
  told: Parameters<typeof openEndpoint>[1],
): Promise<Endpoint | undefined> {
  if (address === undefined) return undefined;
  try {
    const endpoint = await openEndpoint(address, told);
    log.info({ address: endpoint.address }, 'Answering /live, /ready and /metrics');
    return endpoint;
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another process listens there' : code;
    log.warn({ address, code }, `No /live, /ready and /metrics (ROLLCALL_METRICS_ADDRESS): ${why}`);
    return undefined;
  }
}
