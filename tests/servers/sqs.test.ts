import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { cacheFolder } from '../../src/servers/programs/cache.js';
import { ELASTICMQ_NAME } from '../../src/servers/elasticmq.js';
import { accepts } from '../../src/servers/ports.js';
import { isAlive } from '../../src/servers/process.js';
import { createQueue, localClient } from '../../src/servers/queues.js';
import { openSqs, type OpenSqs } from '../../src/servers/sqs.js';
import { soakTest } from '../support/soak.js';

let dir: string;
let printed: string[];
const open: OpenSqs[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-sqs-'));
  printed = [];
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
});

const { AWS_ENDPOINT_URL: _all, AWS_ENDPOINT_URL_SQS: _sqs, ELASTICMQ: _jars, ...usual } = process.env;

async function openWith(environment: Record<string, string | undefined>, within = dir): Promise<OpenSqs> {
  const server = await openSqs({ dir: within, notify: (line) => printed.push(line), environment });
  open.push(server);
  return server;
}

soakTest(
  'two servers at once do not conflict, one of them with jars named in the environment; each creates, fills and reads a queue, and after the stop nothing is left',
  async () => {
    const cached = join(cacheFolder(process.env), ELASTICMQ_NAME);
    // A machine without Java or Maven has no jars to name.
    const named = existsSync(cached) ? { ...usual, ELASTICMQ: cached } : usual;
    const servers = await Promise.all([openWith(usual), openWith(named, join(dir, 'other'))]);
    const [one, two] = servers.map(({ endpoint }) => endpoint);
    expect(one).not.toBe(two);
    if (named !== usual) expect(printed).toContain(`SQS: ${cached} (ELASTICMQ) on ${two}`);
    for (const server of servers) {
      expect(printed).toContainEqual(
        expect.stringMatching(new RegExp(`^SQS: .*127\\.0\\.0\\.1:${new URL(server.endpoint).port}$`)),
      );
      const queue = await createQueue(server.endpoint, 'logins', { VisibilityTimeout: '7' });
      expect(await createQueue(server.endpoint, 'logins', { VisibilityTimeout: '7' })).toBe(queue);
      expect(queue.startsWith(server.endpoint)).toBe(true);
      const client = localClient(server.endpoint);
      await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: `as sent to ${server.endpoint}` }));
      const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: queue }));
      expect(Messages).toMatchObject([{ Body: `as sent to ${server.endpoint}` }]);
      client.destroy();
    }
    for (const server of servers) {
      await server.stop();
      expect(isAlive(server.pid ?? 0)).toBe(false);
      expect(await accepts(Number(new URL(server.endpoint).port))).toBe(false);
    }
  },
);

test('an address in the environment has priority, that of SQS over that of all services, and no server starts', async () => {
  const everything = { PATH: '', AWS_ENDPOINT_URL: 'http://aws.test:4566' };
  const { endpoint, pid } = await openWith(everything);
  expect({ endpoint, pid }).toEqual({ endpoint: 'http://aws.test:4566', pid: undefined });
  const both = await openWith({ ...everything, AWS_ENDPOINT_URL_SQS: 'http://user:pw@sqs.test' });
  expect(both.endpoint).toBe('http://user:pw@sqs.test');
  expect(printed).toEqual(['SQS: from AWS_ENDPOINT_URL', 'SQS: from AWS_ENDPOINT_URL_SQS']);
});

test('jars named in the environment that do not start are an error, although other jars exist', async () => {
  await expect(openWith({ ...usual, ELASTICMQ: join(dir, 'missing') })).rejects.toMatchObject({
    kind: 'settings-invalid',
    message: expect.stringMatching(/^ELASTICMQ names no usable ElasticMQ: .*neither a jar nor a folder of jars/),
  });
  writeFileSync(join(dir, 'fat.jar'), 'no jar');
  await expect(openWith({ ...usual, ELASTICMQ: join(dir, 'fat.jar') })).rejects.toMatchObject({
    kind: 'settings-invalid',
  });
});

test('when every step fails, the failure names each step with its reason, and the remedy', async () => {
  const cache = join(dir, 'cache');
  mkdirSync(join(cache, ELASTICMQ_NAME), { recursive: true });
  writeFileSync(join(cache, ELASTICMQ_NAME, 'changed.jar'), 'not what was fetched');
  await expect(openWith({ PATH: '', ROLLCALL_CACHE: cache })).rejects.toMatchObject({
    kind: 'server-unavailable',
    message: expect.stringMatching(
      /elasticmq-1\.7\.1 in the cache .*: the jars are not those of the pinned digest; moto-5\.2\.5 in the cache .*: no python3 on PATH; ElasticMQ 1\.7\.1 by Maven: no java on PATH; Python package moto 5\.2\.5: no python3 on PATH/,
    ),
    details: { remedy: expect.stringContaining('AWS_ENDPOINT_URL_SQS') },
  });
  expect(printed).toHaveLength(4);
  expect(readdirSync(cache)).toEqual([ELASTICMQ_NAME]);
});

test('an empty cache is reported as such', async () => {
  await expect(openWith({ PATH: '', ROLLCALL_CACHE: join(dir, 'none') })).rejects.toThrow(
    /elasticmq-1\.7\.1 in the cache .*none: .*neither a jar nor a folder of jars; moto-5\.2\.5 in the cache .*: not there/,
  );
});
