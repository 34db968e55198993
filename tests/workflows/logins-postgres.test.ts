import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { fillQueue } from '../../simulator/logins.js';
import { createKeyRing } from '../../src/privacy/key-ring.js';
import { createQueue, type OpenSqs } from '../../src/servers/sqs.js';
import { eventually } from '../support/eventually.js';
import { openPipeline, summaryOf, type Pipeline } from '../support/pipeline.js';
import { describeWithPostgres, PASSWORD, startPostgres, type TestPostgres } from '../support/postgres.js';
import { sharedSqs } from '../support/sqs.js';
import { soakTest } from '../support/soak.js';

/** Login events of a real queue into MongoDB and a real PostgreSQL. */

const SECRET = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'canary-of-a-secret' };

describeWithPostgres('a queue drained into MongoDB and PostgreSQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-logins-'));
  const keyRing = join(folder, 'keys.json');
  const before = { ...process.env };
  let server: OpenSqs;
  let sqs: SQSClient;
  let queueUrl: string;
  let postgres: TestPostgres;
  let pipeline: Pipeline;

  beforeAll(async () => {
    Object.assign(process.env, SECRET);
    createKeyRing(keyRing);
    [server, postgres] = await Promise.all([sharedSqs(), startPostgres()]);
    sqs = new SQSClient({ endpoint: server.endpoint, region: 'us-east-1' });
  });
  afterAll(async () => {
    sqs?.destroy();
    await server?.stop();
    await postgres?.remove();
    for (const name of Object.keys(SECRET)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await postgres.query('DROP TABLE IF EXISTS user_logins');
    queueUrl = await createQueue(server.endpoint, `logins-${Math.random().toString(36).slice(2)}`, {
      VisibilityTimeout: '3',
    });
  });
  afterEach(() => pipeline?.close());

  const open = async (url: string) => {
    pipeline = await openPipeline({
      LOGINS_SQS_URL: queueUrl,
      LOGINS_POSTGRES_URL: url,
      AWS_ENDPOINT_URL_SQS: server.endpoint,
      ROLLCALL_KEY_RING: keyRing,
      ROLLCALL_LOG_DIR: join(folder, 'logs'),
      ROLLCALL_PATIENCE_SECONDS: '100',
      ROLLCALL_HEARTBEAT_SECONDS: '3',
    });
  };

  const left = async (): Promise<number> => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
  };

  const inMongo = () => pipeline.store.logins.countDocuments();
  const masks = 'message_id, masked_ip, masked_device_id, app_version_text';
  const inPostgres = async () => {
    const rows = await postgres.query<Record<string, string>>(`SELECT ${masks} FROM user_logins`);
    return rows.map((row) => Object.values(row).join(' ')).sort();
  };
  const expectEqual = async () => {
    const logins = await pipeline.store.logins.find().toArray();
    expect(await inPostgres()).toEqual(
      logins.map((login) => [login._id, login.masked_ip, login.masked_device_id, login.app_version].join(' ')).sort(),
    );
  };

  test('both databases have every login once, also after a replay that restores deleted rows', async () => {
    await open(postgres.url());
    await fillQueue({ endpoint: server.endpoint, queueUrl, count: 60, seed: 5 });
    const { sources } = await pipeline.collect({ sources: ['logins'] });
    expect(sources['logins']).toMatchObject({ status: 'complete', records: 60 });
    expect(await left()).toBe(0);
    await expectEqual();
    await postgres.query(`DELETE FROM user_logins WHERE message_id < (SELECT max(message_id) FROM user_logins)`);
    await pipeline.collect({ sources: ['logins'], replay: true });
    await expectEqual();
  });

  soakTest('while PostgreSQL is not reachable messages stay in the queue; no login is lost or duplicated', async () => {
    await open(postgres.url());
    const { handle } = await pipeline.start({ sources: ['logins'], follow: true });
    await fillQueue({ endpoint: server.endpoint, queueUrl, count: 50, seed: 6 });
    await eventually('an empty queue', left, (messages) => messages === 0);
    await eventually('logins', inMongo);
    const first = await inMongo();
    await postgres.stop();
    try {
      await fillQueue({ endpoint: server.endpoint, queueUrl, count: 50, seed: 7 });
      await eventually('logins of the second half', inMongo, (logins) => logins > first);
      // Wait longer than messages stay invisible.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect(await left()).toBe(50);
    } finally {
      await postgres.start();
    }
    await eventually('an empty queue', left, (messages) => messages === 0);
    await handle.signal('stop');
    const { sources } = await summaryOf(handle.result());
    const { status, new: created, quarantined } = sources['logins']!;
    expect(status).toBe('complete');
    expect(created).toBe(await inMongo());
    expect(created + quarantined).toBeGreaterThanOrEqual(100);
    expect(await inMongo()).toBeGreaterThan(first);
    await expectEqual();
  });

  test('a rejected password ends the run with the reason, removes no message and is shown nowhere', async () => {
    await open(postgres.url({ password: 'canary-wrong' }));
    await fillQueue({ endpoint: server.endpoint, queueUrl, count: 20, seed: 8 });
    const summary = await pipeline.collect({ sources: ['logins'] });
    expect(summary.sources['logins']).toMatchObject({
      reason: expect.stringContaining('PostgreSQL at 127.0.0.1'),
    });
    expect(await left()).toBe(20);
    expect(JSON.stringify(summary)).not.toMatch(new RegExp(`canary-wrong|${PASSWORD}`));
  });
});
