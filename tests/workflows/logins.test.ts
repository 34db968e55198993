import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { GetQueueAttributesCommand, SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import pino from 'pino';
import { fillQueue } from '../../simulator/logins.js';
import { createActivities } from '../../src/activities/index.js';
import { verify } from '../../src/cli/commands/verify.js';
import { openThreads } from '../../src/threads/pool.js';
import { addKey, createKeyRing, openKeyRing } from '../../src/privacy/key-ring.js';
import { unmask } from '../../src/privacy/mask.js';
import { createQueue, type OpenSqs } from '../../src/servers/sqs.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { resolveSettings } from '../../src/model/settings.js';
import type { FetchedPage } from '../../src/model/source.js';
import type { LoginDoc } from '../../src/store/documents/logins.js';
import { rotateLogins } from '../../src/operations/rekey/logins.js';
import { appendPage } from '../../src/store/collections/pages.js';
import type { SourceAccount } from '../../src/model/run.js';
import { eventually } from '../support/eventually.js';
import { openPipeline, summaryOf, type Pipeline } from '../support/pipeline.js';
import { sharedSqs } from '../support/sqs.js';

/** Login events of a real queue, through the whole pipeline, on real servers. */

const folder = mkdtempSync(join(tmpdir(), 'rollcall-logins-'));
const keyRing = join(folder, 'keys.json');
const SECRET = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'canary-of-a-secret' };
const before = { ...process.env };
let server: OpenSqs;
let sqs: SQSClient;
let queueUrl: string;
let pipeline: Pipeline;

beforeAll(async () => {
  Object.assign(process.env, SECRET);
  createKeyRing(keyRing);
  server = await sharedSqs();
  sqs = new SQSClient({ endpoint: server.endpoint, region: 'us-east-1' });
  queueUrl = await newQueue();
  pipeline = await openPipeline(environment());
});
afterAll(async () => {
  await pipeline?.close();
  sqs?.destroy();
  await server?.stop();
  for (const name of Object.keys(SECRET)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => pipeline.empty());

const newQueue = (visibilitySeconds = 30) =>
  createQueue(server.endpoint, `logins-${Math.random().toString(36).slice(2)}`, {
    VisibilityTimeout: String(visibilitySeconds),
  });
const environment = () => ({
  LOGINS_SQS_URL: queueUrl,
  AWS_ENDPOINT_URL_SQS: server.endpoint,
  ROLLCALL_KEY_RING: keyRing,
  ROLLCALL_LOG_DIR: join(folder, 'logs'),
});

async function collect(): Promise<SourceAccount> {
  const summary = await pipeline.collect({ sources: ['logins'] });
  return summary.sources['logins']!;
}

/** Returns the ids of the messages. */
async function send(...bodies: unknown[]): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < bodies.length; from += 10) {
    const entries = bodies.slice(from, from + 10).map((body, at) => ({
      Id: String(at),
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }));
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
    ids.push(...(sent.Successful ?? []).map(({ MessageId = '' }) => MessageId));
  }
  return ids;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Count = 'ApproximateNumberOfMessages' | 'ApproximateNumberOfMessagesNotVisible';

async function left(
  AttributeNames: Count[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
): Promise<number> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
  return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
}

const login = (more: Record<string, unknown> = {}) => ({
  user_id: 'u-1',
  app_version: '2.3.0',
  device_type: 'android',
  ip: '199.172.111.135',
  locale: 'RU',
  device_id: '593-47-5928',
  ...more,
});

test('every message becomes a login or goes to quarantine, the queue is empty, and no clear value is stored anywhere', async () => {
  const sent = await fillQueue({ endpoint: server.endpoint, queueUrl, count: 150, seed: 5 });
  const account = await collect();
  expect(account.status).toBe('complete');
  // A queue can deliver a message twice, and does so when a machine is busy for longer than messages stay invisible.
  expect(account.records - account.unchanged).toBe(150);
  expect(account.quarantined).toBeGreaterThan(0);
  expect(account.new + account.quarantined).toBe(150);
  expect(await pipeline.store.logins.countDocuments()).toBe(account.new);
  expect(await pipeline.store.quarantine.countDocuments()).toBe(account.quarantined);
  expect(await left()).toBe(0);
  expect((await verify(pipeline.config, '')).findings).toEqual([]);

  const planted = [...sent.ips, ...sent.deviceIds];
  expect(planted.length).toBeGreaterThan(50);
  const found = new Set<string>();
  const search = (where: string, text: string) => {
    for (const value of planted) if (text.includes(value)) found.add(`${value} in ${where}`);
    if (text.includes(SECRET.AWS_SECRET_ACCESS_KEY)) found.add(`the secret in ${where}`);
  };
  for (const { name } of await pipeline.store.db.listCollections().toArray()) {
    const documents = pipeline.store.db.collection(name).find({}, { raw: true });
    for await (const raw of documents as unknown as AsyncIterable<Buffer>) search(name, raw.toString('latin1'));
  }
  for await (const { workflowId } of pipeline.env.client.workflow.list({
    query: `TaskQueue = '${pipeline.config.temporal.taskQueue}'`,
  })) {
    const history = await pipeline.env.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = JSON.stringify(history, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    search(workflowId, payloads);
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) search(entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  expect([...found]).toEqual([]);
});

test('a run whose records are stored slowly does not end before its queue is empty', async () => {
  const { store } = pipeline;
  const ids = await send(...Array.from({ length: 20 }, (_, at) => login({ user_id: `u-${at}` })));
  // Another transaction is about to insert these logins, so the run waits for it when it inserts them, too.
  const session = store.client.startSession();
  session.startTransaction();
  await store.logins.insertMany(
    ids.map((id) => ({ _id: `logins:${id}` }) as LoginDoc),
    { session },
  );
  const collecting = collect();
  const rowsStored = async () => {
    const pages = await store.pages.find({ source: 'logins' }).toArray();
    return pages.reduce((sum, { rows }) => sum + rows, 0);
  };
  while ((await rowsStored()) < 20) await sleep(20);
  // Wait longer than the source needs to find that an empty queue is empty.
  const ended = async () => (await store.pages.findOne({ source: 'logins', next: null })) !== null;
  for (let looks = 0; looks < 40 && !(await ended()); looks += 1) await sleep(50);
  const early = await ended();
  await session.abortTransaction();
  await session.endSession();
  expect(await collecting).toMatchObject({ status: 'complete', new: 20, unchanged: 0 });
  expect(await left()).toBe(0);
  expect(early).toBe(false);
});

test('an attempt after one that failed after the end of the listing drains the queue again', async () => {
  const { store } = pipeline;
  const usual = queueUrl;
  // After this time the queue delivers the messages of the failed attempt again.
  queueUrl = await newQueue(5);
  const config = { ...pipeline.config, environment: { ...pipeline.config.environment, LOGINS_SQS_URL: queueUrl } };
  await send(login(), login({ user_id: 'u-2' }), login({ user_id: 'u-3' }));
  const sources = loadSources();
  const log = pino({ level: 'silent' });
  const keys = openKeyRing(keyRing);
  const input = sources
    .get('logins')
    .input(resolveSettings('logins', sources.get('logins').settings, config.environment));
  const failed = input.pages(null, { signal: new AbortController().signal, more: () => true })[Symbol.asyncIterator]();
  const page = (await failed.next()).value as FetchedPage;
  await appendPage(store, 'run', 'logins', 0, page, keys.keys());
  const body = Buffer.from('{"Messages":[]}');
  const digest = createHash('sha256').update(body).digest('hex');
  const lastPage = { ...page, cursor: { batch: 1 }, next: null, body, digest, rows: 0 };
  await appendPage(store, 'run', 'logins', 1, lastPage, keys.keys());
  await failed.return?.();
  expect(await left()).toBe(3);

  const threads = openThreads(config, store, sources);
  const { fetchPages } = createActivities({ store, sources, threads, keys, config, log });
  const attempt = new MockActivityEnvironment({ attempt: 2 });
  const fetched = await attempt.run(fetchPages, { run: 'run', source: 'logins', seq: 0, cursor: null, rows: 0 });
  await threads.close();
  expect(fetched).toMatchObject({ from: 0, next: null });
  expect(await left()).toBe(0);
  expect(await store.logins.countDocuments()).toBe(3);
  const ledger = await store.pages.find({ run: 'run' }).sort({ seq: 1 }).toArray();
  expect(ledger.map(({ seq }) => seq)).toEqual(ledger.map((_, at) => at));
  expect(ledger.map(({ next }) => next === null)).toEqual(ledger.map((_, at) => at === ledger.length - 1));
  queueUrl = usual;
});

test('equal values have equal masks, the key ring recovers the values, and both are still true after a rotation', async () => {
  await send(login(), login({ user_id: 'u-2' }), login({ ip: '199.172.111.9', device_id: 'other' }));
  expect(await collect()).toMatchObject({ new: 3 });
  const check = async () => {
    const logins = await pipeline.store.logins.find().sort({ user_id: 1 }).toArray();
    expect(new Set(logins.map(({ masked_ip }) => masked_ip)).size).toBe(2);
    expect(new Set(logins.map(({ masked_ip_network }) => masked_ip_network)).size).toBe(1);
    expect(new Set(logins.map(({ masked_device_id }) => masked_device_id)).size).toBe(2);
    const keys = openKeyRing(keyRing).keys();
    const clear = logins.map(({ masked_ip }) => unmask(keys, 'ip', masked_ip)).sort();
    expect(clear).toEqual(['199.172.111.135', '199.172.111.135', '199.172.111.9']);
    return logins.map(({ key }) => key);
  };
  const [old] = await check();
  await addKey(keyRing);
  await rotateLogins(pipeline.store, openKeyRing(keyRing).keys(), {});
  expect(await check()).not.toContain(old);
  // Pages that were sealed with the old key are still read.
  const replayed = await pipeline.collect({ sources: ['logins'], replay: true });
  expect(replayed.sources['logins']).toMatchObject({ status: 'complete', new: 0, unchanged: 3 });
});

test('the reason for a rejected message contains no values, and the other messages are stored', async () => {
  const { ip: _ip, ...without } = login();
  await send(
    login(),
    without,
    login({ ip: 'nowhere' }),
    'not json',
    { foo: 'oops', bar: 'oops' },
    login({ user_id: 7 }),
  );
  expect(await collect()).toMatchObject({ status: 'complete', new: 2, quarantined: 4 });
  const reasons = (await pipeline.store.quarantine.find().toArray()).map(({ reason }) => reason).sort();
  expect(reasons).toEqual(['body is not JSON', 'device_id is missing', 'ip is missing', 'ip is not an address']);
  expect(await left()).toBe(0);
});

test('a message that is read again does not change its login', async () => {
  await send(login());
  expect(await collect()).toMatchObject({ new: 1 });
  const [stored] = await pipeline.store.logins.find().toArray();
  const run = await pipeline.collect({ sources: ['logins'], replay: true });
  expect(run.sources['logins']).toMatchObject({ new: 0, unchanged: 1 });
  expect(await pipeline.store.logins.find().toArray()).toEqual([stored]);
});

test('a run that follows a queue stores logins shortly after they are sent, until it gets the signal stop', async () => {
  // An activity that follows a queue runs for as long as two heartbeats may take.
  const following = await openPipeline({ ...environment(), ROLLCALL_HEARTBEAT_SECONDS: '3' });
  const { handle } = await following.start({ sources: ['logins'], follow: true });
  for (let sent = 1; sent <= 3; sent += 1) {
    await send(login({ user_id: `u-${sent}` }));
    await eventually(
      `${sent} logins`,
      () => following.store.logins.countDocuments(),
      (there) => there === sent,
    );
  }
  await handle.signal('stop');
  const summary = await summaryOf(handle.result());
  expect(summary.sources['logins']).toMatchObject({ status: 'complete', new: 3 });
  expect(await left()).toBe(0);
  await following.close();
});

test('without a key ring no message is received from the queue', async () => {
  queueUrl = await newQueue();
  await send(login());
  const keyless = await openPipeline({ LOGINS_SQS_URL: queueUrl, AWS_ENDPOINT_URL_SQS: server.endpoint });
  const { sources } = await keyless.collect({ sources: ['logins'] });
  expect(sources['logins']).toMatchObject({ status: 'failed', reason: expect.stringContaining('key ring') });
  expect(await left(['ApproximateNumberOfMessages'])).toBe(1);
  await keyless.close();
});
