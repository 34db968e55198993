// Collects a file of events by the activities of a worker, without one: `delivering.mjs MONGODB_URI DATABASE FILE`. It may be
// killed and started again at any moment, as a worker may.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const dist = (path) => require(`../../dist/src/${path}`);
const { MockActivityEnvironment } = require('@temporalio/testing');
const { createActivities } = dist('activities/index.js');
const { loadConfig } = dist('config.js');
const { openNormalizer } = dist('threads/pool.js');
const { openKeyRing } = dist('privacy/key-ring.js');
const { loadSources } = dist('sources/loading/registry.js');
const { openStore } = dist('store/database.js');
const pino = require('pino');

const [MONGODB_URI, MONGODB_DATABASE, EVENTS_PATH] = process.argv.slice(2);
const config = loadConfig({ MONGODB_URI, MONGODB_DATABASE, EVENTS_PATH });
const store = await openStore(config.mongodb);
const sources = loadSources();
const normalizer = openNormalizer(config, store, sources);
const keys = openKeyRing(undefined);
const activities = createActivities({ store, sources, normalizer, keys, config, log: pino({ level: 'silent' }) });
const environment = new MockActivityEnvironment(undefined, { logger: pino({ level: 'silent' }) });
/** Tries again as Temporal does: a command of a killed process may still come through, and take the delivery over. */
async function run(activity, input) {
  for (;;) {
    try {
      return await environment.run(activity, { run: 'r1', source: 'events', ...input });
    } catch (error) {
      if (error.nonRetryable !== false) throw error;
      process.stderr.write(`${error.type}\n`);
    }
  }
}

const opened = await run(activities.openListing, { force: true, fetch: true });
let at = { seq: 0, cursor: null, rows: 0 };
do {
  const stretch = await run(activities.fetchPages, at);
  at = { seq: stretch.to, cursor: stretch.next, rows: at.rows + stretch.rows };
} while (at.cursor !== null);
const {
  new: created,
  changed,
  unchanged,
  quarantined,
} = await run(activities.deliverRecords, { from: 0, pages: 'r1' });
const account = await run(activities.closeListing, {
  startedAt: opened.startedAt,
  closedAt: new Date().toISOString(),
  complete: true,
  replayed: false,
  counted: { new: created, changed, unchanged, quarantined },
  confirmShrink: false,
});
process.stdout.write(`${JSON.stringify(account)}\n`);
await normalizer.close();
await store.close();
