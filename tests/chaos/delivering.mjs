// Collects a file of events with the activities of a worker, without a worker: `delivering.mjs MONGODB_URI DATABASE
// FILE`. A test may kill it and start it again at any moment, like a worker.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const dist = (path) => require(`../../dist/src/${path}`);
const { MockActivityEnvironment } = require('@temporalio/testing');
const { activityOptions } = dist('activities/index.js');
const { loadConfig } = dist('config.js');
const { openThreads } = dist('threads/pool.js');
const { openKeyRing } = dist('privacy/key-ring.js');
const { loadSources } = dist('sources/loading/registry.js');
const { openStore } = dist('store/database.js');
const pino = require('pino');

const [MONGODB_URI, MONGODB_DATABASE, EVENTS_PATH] = process.argv.slice(2);
const config = loadConfig({ MONGODB_URI, MONGODB_DATABASE, EVENTS_PATH });
const store = await openStore(config.mongodb);
const sources = loadSources();
const threads = openThreads(config, store, sources);
const keys = openKeyRing(undefined);
const log = pino({ level: 'silent' });
const { activities, interceptors } = activityOptions({ store, sources, threads, keys, config, log });
/** Retries as Temporal does: a command of a killed process may still arrive and take over the delivery. */
async function run(activityType, input) {
  for (;;) {
    const attempt = new MockActivityEnvironment({ activityType }, { logger: log, interceptors: interceptors.activity });
    try {
      return await attempt.run(activities[activityType], { run: 'r1', source: 'events', ...input });
    } catch (error) {
      if (error.nonRetryable !== false) throw error;
      process.stderr.write(`${error.type}\n`);
    }
  }
}

const opened = await run('openListing', { force: true, fetch: true });
let at = { seq: 0, cursor: null, rows: 0 };
do {
  const batch = await run('fetchPages', at);
  at = { seq: batch.to, cursor: batch.next, rows: at.rows + batch.rows };
} while (at.cursor !== null);
const { new: created, changed, unchanged, quarantined } = await run('loadEvents', { from: 0, pages: 'r1' });
const account = await run('closeListing', {
  startedAt: opened.startedAt,
  closedAt: new Date().toISOString(),
  complete: true,
  replayed: false,
  counted: { new: created, changed, unchanged, quarantined },
  confirmShrink: false,
});
process.stdout.write(`${JSON.stringify(account)}\n`);
await threads.close();
await store.close();
