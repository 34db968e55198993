import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { putRecords } from '../../src/store/collections/records.js';
import { prepareSearch } from '../../src/search/search.js';
import { bindOf } from '../../src/ui/bind.js';
import { serveUi, type Ui } from '../../src/ui/serve.js';
import type { record } from '../host/records.js';
import { dropStore, freshStore } from '../support/store.js';

/** The page on its own database and a free port. */
export interface Stand {
  store: Store;
  database: string;
  reportDir: string;
  /** All unexpected errors of the page. */
  errors: unknown[];
  /** Serves another page on the same database, with its own options. */
  serve(options?: { token?: string; proxies?: string[] }): Promise<Ui>;
  /** Stores records and merges them into hosts. */
  put(...records: ReturnType<typeof record>[]): Promise<void>;
  hostOf(record: string): Promise<string>;
  close(): Promise<void>;
}

export const TEMPORAL = { ui: 'http://127.0.0.1:8233', namespace: 'default', taskQueue: 'rollcall' };

export async function openStand(): Promise<Stand> {
  const database = `u${randomUUID().slice(0, 8)}`;
  const store = await freshStore({ database });
  await prepareSearch(store);
  const reportDir = mkdtempSync(join(tmpdir(), 'rollcall-ui-reports-'));
  const served: Ui[] = [];
  const errors: unknown[] = [];
  return {
    store,
    database,
    reportDir,
    errors,
    async serve({ token, proxies = [] } = {}) {
      const given = token === undefined ? {} : { token };
      const ui = await serveUi(
        {
          store,
          ...given,
          proxies,
          reportDir,
          temporal: TEMPORAL,
          mayShow: (source) => source === 'qualys' || source === 'crowdstrike',
          onError: (error) => errors.push(error),
        },
        bindOf({ address: '127.0.0.1:0', ...given }),
      );
      served.push(ui);
      return ui;
    },
    async put(...records) {
      for (const source of new Set(records.map((one) => one.source))) {
        const own = records.filter((one) => one.source === source);
        const origin = {
          source,
          vendor: own[0]!.vendor,
          page: `run-1/${source}/p`,
          run: 'run-1',
          observedAt: new Date(),
        };
        const normalized = own.map((one, row) => normalizedHost(one, { row }));
        await putRecords(store, origin, normalized);
      }
      await mergeChanged(store, { holder: 'test', run: 'run-1' });
    },
    hostOf: async (id) => (await store.hosts.findOne({ 'sources.record': id }))!._id,
    async close() {
      await Promise.all(served.map((ui) => ui.close()));
      await dropStore(store);
      rmSync(reportDir, { recursive: true, force: true });
    },
  };
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends a request as no browser does: with any header and the path unchanged. */
export function ask(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<HttpResponse> {
  const { hostname, port } = new URL(url);
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export const ago = (days: number) => new Date(Date.now() - days * 86_400_000 - 60_000);
