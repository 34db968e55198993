import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { sqsInput, sqsRows, type SqsInputOptions } from '../../../src/connectors/sqs/index.js';
import { createQueue, localClient } from '../../../src/servers/queues.js';
import { type OpenSqs } from '../../../src/servers/sqs.js';
import type { FetchedPage, FetchOptions, Input } from '../../../src/model/source.js';
import { eventually } from '../../support/eventually.js';
import { serve, type HttpServer } from '../../support/http-server.js';
import { sharedSqs } from '../../support/sqs.js';

let dir: string;
let server: OpenSqs;
let client: SQSClient;
const proxies: HttpServer[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-queue-'));
  server = await sharedSqs();
  client = localClient(server.endpoint);
});

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  client.destroy();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

type Attributes = Partial<Record<QueueAttributeName, string>>;

const newQueue = (attributes: Attributes = {}) => createQueue(server.endpoint, `q-${randomUUID()}`, attributes);

const inputOf = (queueUrl: string, options: Partial<SqsInputOptions> = {}): Input =>
  sqsInput({
    source: 'logins',
    queueUrl,
    region: 'eu-west-1',
    endpoint: server.endpoint,
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    ...options,
  });

const fetchOptions = (options: Partial<FetchOptions> = {}): FetchOptions => ({
  signal: new AbortController().signal,
  more: () => true,
  ...options,
});

async function fill(queueUrl: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += 10) {
    const Entries = Array.from({ length: Math.min(10, count - first) }, (_, place) => ({
      Id: String(place),
      MessageBody: `message ${first + place}`,
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

async function counts(queueUrl: string) {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: invisible } = Attributes;
  return { visible: Number(visible), invisible: Number(invisible) };
}

interface Stored {
  MessageId: string;
  ReceiptHandle: string;
  MD5OfBody: string;
  Body: string;
  Attributes: Record<string, string>;
  MessageAttributes?: Record<string, { BinaryValue?: string }>;
}

const messagesOf = (page: FetchedPage) => [...sqsRows(page, 'logins')].map(({ value }) => value as Stored);

/** Reads to the end, and acknowledges each page unless `acknowledge` is false. */
async function drain(input: Input, options: Partial<FetchOptions> = {}, acknowledge = true) {
  const pages: FetchedPage[] = [];
  for await (const page of input.pages(null, fetchOptions(options))) {
    pages.push(page);
    if (acknowledge) await input.acknowledge?.(page);
  }
  return { pages, bodies: pages.flatMap((page) => messagesOf(page).map(({ Body }) => Body)) };
}

interface Entries {
  Entries?: { Id: string }[];
}

type Pass = (body: unknown) => Promise<Record<string, unknown>>;

// Tests with their own queue run concurrently, because most of their duration is the time until messages become visible
// again.

/** A proxy in front of the server: `respond` forwards requests unchanged, changed, or not at all. */
async function proxyWith(respond: (target: string, request: Entries, pass: Pass) => Promise<unknown>): Promise<string> {
  const proxy = await serve(async ({ path, headers, body }, response) => {
    const type = 'application/x-amz-json-1.0';
    const target = String(headers['x-amz-target']);
    const pass: Pass = async (changed) => {
      const passed = { 'content-type': type, 'x-amz-target': target };
      const reply = await fetch(server.endpoint + path, {
        method: 'POST',
        headers: passed,
        body: JSON.stringify(changed),
      });
      const text = await reply.text();
      return JSON.parse(text || '{}') as Record<string, unknown>;
    };
    const result = await respond(target.split('.').at(-1) ?? '', JSON.parse(body) as Entries, pass);
    response.writeHead(200, { 'content-type': type }).end(JSON.stringify(result));
  });
  proxies.push(proxy);
  return proxy.url;
}

test('a drained queue ends with an empty page, and its messages are stored as received', async () => {
  const queue = await newQueue();
  const sent = { StringValue: 'text', DataType: 'String' };
  const bytes = { BinaryValue: Buffer.from('bytes'), DataType: 'Binary' };
  const attributes = { MessageAttributes: { sent, bytes } };
  await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: '{"a":"ä"}', ...attributes }));
  const input = inputOf(queue);
  const { pages } = await drain(input);
  expect(pages).toMatchObject([
    { cursor: { batch: 0 }, next: { batch: 1 }, rows: 1, status: 200, mediaType: 'application/json' },
    { cursor: { batch: 1 }, next: null, rows: 0 },
  ]);
  expect(pages[1]?.body.toString()).toBe('{"Messages":[]}');
  expect(pages[1]?.warnings).toBeUndefined();
  const [page] = pages as [FetchedPage];
  expect(page.digest).toBe(createHash('sha256').update(page.body).digest('hex'));
  expect(messagesOf(page)).toEqual([
    {
      MessageId: expect.any(String),
      ReceiptHandle: expect.any(String),
      MD5OfBody: createHash('md5').update('{"a":"ä"}').digest('hex'),
      MD5OfMessageAttributes: expect.any(String),
      Body: '{"a":"ä"}',
      Attributes: { SentTimestamp: expect.stringMatching(/^\d{13}$/), ApproximateReceiveCount: '1' },
      MessageAttributes: {
        sent: { StringValue: 'text', DataType: 'String' },
        bytes: { BinaryValue: Buffer.from('bytes').toString('base64'), DataType: 'Binary' },
      },
    },
  ]);
  expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
});

test('stored pages are read without a queue', async () => {
  const body = Buffer.from('{"Messages":[{"MessageId":"1","Body":"a"},{"MessageId":"2","Body":"b"}]}');
  const rows = [...sqsRows({ body, mediaType: 'application/json', status: 200 }, 'logins')];
  expect(rows.map(({ value }) => value)).toEqual([
    { MessageId: '1', Body: 'a' },
    { MessageId: '2', Body: 'b' },
  ]);
  expect(
    rows.map(({ offset, length }) => JSON.parse(body.toString('utf8', offset, offset + length)) as unknown),
  ).toEqual(rows.map(({ value }) => value));
  const queue = await newQueue();
  const later = inputOf(queue).pages({ batch: 7 }, fetchOptions());
  for await (const page of later) expect(page).toMatchObject({ cursor: { batch: 7 }, next: null });
});

test.concurrent('hundreds of messages arrive once each, and acknowledged messages are deleted', async () => {
  const queue = await newQueue();
  await fill(queue, 300);
  const { pages, bodies } = await drain(inputOf(queue, { pageMessages: 100 }));
  expect(bodies).toHaveLength(300);
  expect(new Set(bodies).size).toBe(300);
  expect(Math.max(...pages.map(({ rows }) => rows))).toBeLessThanOrEqual(100);
  expect(pages.at(-1)).toMatchObject({ rows: 0, next: null });
  expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
});

test.concurrent(
  'a message that is not acknowledged returns after the visibility timeout, or at once when it was in no page',
  async () => {
    const queue = await newQueue({ VisibilityTimeout: '5' });
    await fill(queue, 20);
    const input = inputOf(queue, { pageMessages: 5 });
    for await (const page of input.pages(null, fetchOptions())) {
      expect(page.rows).toBeLessThanOrEqual(5);
      // The other messages need time to arrive. They are in no page yet.
      await delay(500);
      break;
    }
    expect(await counts(queue)).toEqual({ visible: 15, invisible: 5 });
    const all = await eventually(
      'all messages',
      () => counts(queue),
      ({ visible }) => visible === 20,
    );
    expect(all.invisible).toBe(0);
  },
);

test.concurrent('the listing ends only when every page is acknowledged, however long that takes', async () => {
  const queue = await newQueue();
  await fill(queue, 10);
  const empty: string[] = [];
  const endpoint = await proxyWith(async (target, request, pass) => {
    const reply = await pass(request);
    if (target === 'ReceiveMessage' && !(reply['Messages'] as unknown[] | undefined)?.length) empty.push(target);
    return reply;
  });
  const input = inputOf(queue, { endpoint, pollers: 2 });
  const pages = input.pages(null, fetchOptions())[Symbol.asyncIterator]();
  const returned: FetchedPage[] = [];
  for (let rows = 0; rows < 10; rows += returned.at(-1)!.rows) returned.push((await pages.next()).value as FetchedPage);
  let ended = false;
  const lastPage = pages.next().then(({ value }) => {
    ended = true;
    return value as FetchedPage;
  });
  // Both pollers find the queue empty. Then the test waits several times the 100 ms interval of the check for the end.
  while (empty.length < 2) await delay(20);
  await delay(500);
  expect(ended).toBe(false);
  for (const page of returned) await input.acknowledge?.(page);
  expect(await lastPage).toMatchObject({ rows: 0, next: null });
  expect((await pages.next()).done).toBe(true);
  expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
});

test.concurrent('messages do not return while work takes longer than the visibility timeout', async () => {
  const queue = await newQueue({ VisibilityTimeout: '3' });
  await fill(queue, 10);
  const input = inputOf(queue);
  const bodies: string[] = [];
  for await (const page of input.pages(null, fetchOptions())) {
    bodies.push(...messagesOf(page).map(({ Body }) => Body));
    await delay(page.rows > 0 ? 6_500 : 0);
    expect((await counts(queue)).visible).toBe(0);
    await input.acknowledge?.(page);
  }
  expect(bodies.sort()).toEqual([...new Set(bodies)].sort());
  expect(bodies).toHaveLength(10);
  expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
});

test.concurrent(
  'a message that is received again before it is acknowledged is in one page only, and is deleted with its newest receipt',
  async () => {
    const queue = await newQueue({ VisibilityTimeout: '1' });
    await fill(queue, 1);
    const receipts: string[] = [];
    const deleted: unknown[] = [];
    const endpoint = await proxyWith(async (target, request, pass) => {
      // The proxy drops the renewals, so the server delivers the message again although the input still has it.
      if (target === 'ChangeMessageVisibilityBatch') return { Successful: [], Failed: [] };
      if (target === 'DeleteMessageBatch') deleted.push(request.Entries?.[0]);
      const reply = await pass(request);
      for (const { ReceiptHandle } of (reply['Messages'] as Stored[] | undefined) ?? []) receipts.push(ReceiptHandle);
      return reply;
    });
    const input = inputOf(queue, { endpoint });
    const rows: number[] = [];
    for await (const page of input.pages(
      null,
      fetchOptions({ follow: true, more: () => rows.length === 0 || receipts.length < 3 }),
    )) {
      rows.push(page.rows);
      await eventually('the message for the third time', () => receipts.length >= 3);
      await input.acknowledge?.(page);
    }
    expect(rows).toEqual([1]);
    expect(deleted.at(-1)).toMatchObject({ ReceiptHandle: receipts.at(-1) });
    expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
  },
);

test.concurrent('two concurrent consumers share the messages', async () => {
  const queue = await newQueue();
  await fill(queue, 300);
  const [one, two] = await Promise.all([
    drain(inputOf(queue, { pageMessages: 50, pollers: 2 })),
    drain(inputOf(queue, { pageMessages: 50, pollers: 2 })),
  ]);
  expect(one?.bodies.length).toBeGreaterThan(0);
  expect(two?.bodies.length).toBeGreaterThan(0);
  const all = [one, two].flatMap((consumer) => consumer?.bodies ?? []);
  expect(all).toHaveLength(300);
  expect(new Set(all).size).toBe(300);
});

test.concurrent('the input waits for the messages of a killed consumer', async () => {
  const queue = await newQueue({ VisibilityTimeout: '3' });
  await fill(queue, 10);
  await client.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 4 }));
  const { pages, bodies } = await drain(inputOf(queue));
  expect(new Set(bodies).size).toBe(10);
  expect(pages.at(-1)).toMatchObject({ rows: 0, next: null });
  expect(pages.at(-1)?.warnings).toBeUndefined();
});

test.concurrent('messages that another consumer has, and delayed messages, are reported at the end', async () => {
  const queue = await newQueue();
  await fill(queue, 3);
  await client.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 2, VisibilityTimeout: 600 }));
  await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'late', DelaySeconds: 600 }));
  const { pages, bodies } = await drain(inputOf(queue, { visibilitySeconds: 1 }));
  expect(new Set(bodies).size).toBe(1);
  expect(pages.at(-1)).toMatchObject({
    next: null,
    warnings: [
      '2 messages in the queue are still invisible: another consumer received them and has not deleted them',
      '1 message in the queue is still delayed: a later run receives it',
    ],
  });
});

test.concurrent('a message that is never acknowledged goes to the queue of the redrive policy', async () => {
  const dead = await newQueue();
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
  );
  const policy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 2 });
  const queue = await newQueue({ VisibilityTimeout: '1', RedrivePolicy: policy });
  await fill(queue, 1);
  // A machine without a free core may receive the message twice in one listing: it is invisible for one second only.
  const rows: number[] = [];
  while (rows.at(-1) !== 0 && rows.length < 4) {
    for await (const page of inputOf(queue).pages(null, fetchOptions())) {
      rows.push(page.rows);
      break;
    }
    await delay(1_200);
  }
  expect([
    [1, 1, 0],
    [1, 0],
  ]).toContainEqual(rows);
  expect(await counts(dead)).toEqual({ visible: 1, invisible: 0 });
});

test.concurrent(
  'when the caller wants no more, the received messages are returned and the listing stays open',
  async () => {
    const queue = await newQueue();
    await fill(queue, 40);
    let wanted = true;
    const input = inputOf(queue, { pageMessages: 10 });
    const pages: FetchedPage[] = [];
    for await (const page of input.pages(null, fetchOptions({ more: () => wanted }))) {
      pages.push(page);
      await input.acknowledge?.(page);
      if (pages.length === 1) await delay(500);
      wanted = false;
    }
    expect(pages.map(({ next }) => next)).toEqual([{ batch: 1 }, { batch: 2 }, { batch: 3 }, { batch: 4 }]);
    expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
    expect((await drain(input, { more: () => false })).pages).toEqual([]);
  },
);

test.concurrent('with follow, the input waits for later messages, and ends when the caller wants no more', async () => {
  const queue = await newQueue();
  let wanted = true;
  const input = inputOf(queue);
  const reading = drain(input, { follow: true, more: () => wanted });
  await delay(1_500);
  await fill(queue, 5);
  await delay(500);
  wanted = false;
  const { pages, bodies } = await reading;
  expect(bodies).toHaveLength(5);
  expect(pages.every(({ next }) => next !== null)).toBe(true);
});

test.concurrent('at the in-flight limit, nothing is received until a page is acknowledged', async () => {
  const queue = await newQueue();
  await fill(queue, 100);
  const input = inputOf(queue, { maxInFlight: 25, pageMessages: 10 });
  let seen = 0;
  for await (const page of input.pages(null, fetchOptions())) {
    if (seen === 0) await delay(300);
    expect((await counts(queue)).invisible).toBeLessThanOrEqual(25);
    seen += page.rows;
    await input.acknowledge?.(page);
  }
  expect(seen).toBe(100);
});

test.concurrent('an abort ends the wait soon and returns messages that were in no page to the queue', async () => {
  const queue = await newQueue();
  await fill(queue, 20);
  const abort = new AbortController();
  const input = inputOf(queue, { pageMessages: 5 });
  const pages = input.pages(null, fetchOptions({ signal: abort.signal }))[Symbol.asyncIterator]();
  expect((await pages.next()).value).toMatchObject({ rows: 5 });
  await delay(500);
  abort.abort(new Error('shut down'));
  await expect(pages.next()).rejects.toThrow('shut down');
  expect(await counts(queue)).toEqual({ visible: 15, invisible: 5 });
});

test.each([
  [
    'a missing queue',
    (queue: string) => ({ queueUrl: `${queue}-missing` }),
    'request-rejected',
    /NonExist|DoesNotExist/,
  ],
  [
    'an address without a server',
    () => ({ endpoint: 'http://127.0.0.1:1' }),
    'unreachable',
    /refused the connection|could not be reached/,
  ],
  ['a value that is not a URL', () => ({ queueUrl: 'logins' }), 'settings-invalid', /not a URL/],
])('%s is reported as a failure', async (_, change, kind, message) => {
  const queue = await newQueue();
  await expect(drain(inputOf(queue, change(queue)))).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
    details: { source: 'logins', remedy: expect.any(String) },
  });
});

test('missing credentials are reported as such, without a request to the queue', async () => {
  const variables = ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE'];
  const before = variables.map((name) => [name, process.env[name]] as const);
  for (const name of variables) delete process.env[name];
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: join(dir, 'none') });
  try {
    const input = sqsInput({ source: 'logins', queueUrl: `${server.endpoint}/0/q`, region: 'eu-west-1' });
    await expect(drain(input)).rejects.toMatchObject({
      kind: 'credentials-rejected',
      message: expect.stringMatching(/CredentialsProviderError$/),
    });
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test.each([
  ['InvalidClientTokenId', 403, 'credentials-rejected'],
  ['SignatureDoesNotMatch', 403, 'credentials-rejected'],
  ['ExpiredToken', 400, 'credentials-rejected'],
  ['AccessDenied', 403, 'not-permitted'],
  ['AWS.SimpleQueueService.NonExistentQueue', 400, 'request-rejected'],
  ['RequestThrottled', 403, 'rate-limited'],
  ['ThrottlingException', 400, 'rate-limited'],
  ['InternalError', 500, 'vendor-error'],
])('%s is reported as a failure of its kind, without the text of the response', async (code, status, kind) => {
  const proxy = await serve((_request, response) => {
    const body = JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'secret body' });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
  });
  proxies.push(proxy);
  const error = await drain(inputOf(await newQueue(), { endpoint: proxy.url })).catch((error: unknown) => error);
  expect(error).toMatchObject({ kind, details: { status, source: 'logins' } });
  expect(String(error)).toContain(code.replace('AWS.SimpleQueueService.NonExistentQueue', 'QueueDoesNotExist'));
  expect(String(error)).not.toContain('secret');
});

test.concurrent(
  'a deletion that fails is retried; a message that cannot be deleted is counted and received again',
  async () => {
    const queue = await newQueue({ VisibilityTimeout: '1' });
    await fill(queue, 10);
    let requests = 0;
    const ids = new Set<string>();
    // Of ten deletions, one fails permanently, and one fails temporarily but often enough for three attempts.
    const endpoint = await proxyWith(async (target, request, pass) => {
      if (target !== 'DeleteMessageBatch' || !request.Entries) return pass(request);
      requests += 1;
      const [momentary, final] = requests < 4 ? request.Entries : [];
      const Failed = [
        momentary ? { Id: momentary.Id, Code: 'InternalError', SenderFault: false } : [],
        final && requests === 1 ? { Id: final.Id, Code: 'ReceiptHandleIsInvalid', SenderFault: true } : [],
      ].flat();
      for (const { Id } of Failed) ids.add(Id);
      const rest = request.Entries.filter(({ Id }) => !Failed.some((entry) => entry.Id === Id));
      const reply = rest.length > 0 ? await pass({ ...request, Entries: rest }) : { Successful: [] };
      return { ...reply, Failed };
    });
    const { pages, bodies } = await drain(inputOf(queue, { endpoint, pollers: 1 }));
    expect(ids.size).toBe(2);
    expect(new Set(bodies).size).toBe(10);
    expect(bodies).toHaveLength(11);
    expect(pages.flatMap(({ warnings = [] }) => warnings)).toEqual([
      'The queue did not delete 1 message: Rollcall recognises it when it receives it again',
    ]);
    expect(await counts(queue)).toEqual({ visible: 0, invisible: 0 });
  },
);
