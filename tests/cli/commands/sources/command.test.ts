import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { createKeyRing } from '../../../../src/privacy/key-ring.js';
import { createQueue, localClient } from '../../../../src/servers/queues.js';
import { loadSources } from '../../../../src/sources/loading/registry.js';
import { readAll } from '../../../../src/sources/testing/index.js';
import type { AUTHS, PAGINGS } from '../../../../src/cli/commands/sources/starter/choices.js';
import { DATASET_PARTS } from '../../../../src/cli/commands/sources/starter/dataset.js';
import type { Store } from '../../../../src/store/database.js';
import { sendJson, serve, type HttpServer, type SeenRequest } from '../../../support/http-server.js';
import { runProgram } from '../../../support/program.js';
import { dropStore, freshStore } from '../../../support/store.js';
import { STARTERS } from './starters.js';
import { sharedSqs } from '../../../support/sqs.js';

/** Runs the commands that check and create sources: the compiled program, with vendors on real HTTP servers. */
const database = `o${randomUUID().slice(0, 8)}`;
let dir: string;
let store: Store;
const servers: HttpServer[] = [];

function run(args: string[], environment: Record<string, string> = {}) {
  const env = {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: database,
    ...environment,
  };
  return runProgram(['sources', ...args], { cwd: dir, env });
}

async function vendor(respond: (request: SeenRequest, response: ServerResponse) => void): Promise<HttpServer> {
  const server = await serve(respond);
  servers.push(server);
  return server;
}

const demo = (url: string) => ({ QUALYS_DEMO_URL: url, QUALYS_DEMO_TOKEN: 'canary-7d' });
const HOST = { id: 17, hostname: 'web-01', dnsHostName: 'web-01.example.com', address: '10.0.0.1' };
const folder = (name: string, text: string) => {
  const path = join(dir, `f-${randomUUID().slice(0, 8)}`);
  mkdirSync(path);
  writeFileSync(join(path, name), text);
  return path;
};

beforeAll(async () => {
  store = await freshStore({ database });
});
afterAll(async () => {
  await dropStore(store);
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-sources-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(dir, { recursive: true, force: true });
});

describe('list', () => {
  test('prints for each source whether it is configured, when it is due and the result of its last run', async () => {
    const at = new Date(Date.now() - 3 * 60_000);
    await store.sources.insertOne({
      _id: 'qualys-demo',
      vendor: 'qualys',
      last_checked: at,
      last_complete: { run: 'r', at, records: 1234 },
      parked: {
        run: 'r',
        at,
        kind: 'credentials-rejected',
        reason: 'responded \u001b[31m401',
        remedy: 'Correct the token',
      },
    });
    const environment = {
      ...demo('http://127.0.0.1:1'),
      ROLLCALL_SCHEDULE_QUALYS_DEMO: '30 4 * * 1',
      QUALYS_URL: 'http://x',
    };
    const { code, out } = await run(['list'], environment);
    expect(code).toBe(0);
    const block = out.split('\n\n').find((text) => text.startsWith('qualys-demo'))!;
    expect(block).toMatch(
      /^qualys-demo {2}hosts of qualys, listing full\n {2}settings +configured\n {2}schedule +30 4 \* \* 1 {2}UTC/,
    );
    expect(block).toMatch(
      /last checked +3 min ago\n {2}last complete +3 min ago, 1,234 records\n {2}parked +responded \?\[31m401 \(3 min ago\)\n +Correct the token\n {2}docs +https:/,
    );
    expect(out).toMatch(/^qualys {2}.*\n {2}settings +not configured: QUALYS_USERNAME, QUALYS_PASSWORD$/m);
    const printed = JSON.parse((await run(['list', '--json'], environment)).out) as Record<string, unknown>[];
    expect(printed.find(({ name }) => name === 'qualys-demo')).toMatchObject({
      configured: true,
      missing: [],
      parked: { kind: 'credentials-rejected' },
    });
  });

  test('works without MongoDB, and with a file that is not a source', async () => {
    const broken = folder('acme.js', 'exports.default = { name: "acme", input() {}, map() {} };');
    const { code, out, err } = await run(['list'], {
      MONGODB_URI: 'mongodb://127.0.0.1:1/?replicaSet=rs0',
      ROLLCALL_SOURCES: broken,
    });
    expect(code).toBe(2);
    expect(out).toMatch(/^qualys {2}hosts/m);
    expect(err).toMatch(/Their state is unknown: MongoDB at .* does not respond/);
    expect(err).toMatch(/acme\.js is not a valid source/);
  });
});

describe('check', () => {
  test('makes one request for one record, and prints the settings, their origin, the limits and the number of records', async () => {
    const server = await vendor((_request, response) =>
      sendJson(
        response,
        {
          data: [],
          resources: [HOST],
          meta: { pagination: { total: 512 } },
          access_token: 'tok-canary',
          expires_in: 600,
        },
        200,
        {
          'x-ratelimit-remaining': '5999',
          'x-oauth-scopes': 'hosts:read\u009b31m',
          'set-cookie': 'session=canary-cookie',
          date: new Date(Date.now() - 60_000).toUTCString(),
        },
      ),
    );
    writeFileSync(join(dir, '.env'), 'CROWDSTRIKE_CLIENT_ID=client-1\n');
    const environment = { CROWDSTRIKE_URL: server.url, CROWDSTRIKE_CLIENT_SECRET: 'canary-7d' };
    const { code, out } = await run(['check', 'crowdstrike'], environment);
    expect(code).toBe(0);
    expect(out).toMatch(/✓ crowdstrike {2}.*crowdstrike\/source\.js/);
    expect(out).toMatch(/CROWDSTRIKE_CLIENT_ID +client-1 {2}\.env/);
    expect(out).toMatch(/CROWDSTRIKE_CLIENT_SECRET +\(hidden\) {2}environment/);
    expect(out).toMatch(/CROWDSTRIKE_PAGE_SIZE +5000 {2}default/);
    expect(out).toMatch(/lists +512 records/);
    expect(out).toMatch(/POST 127\.0\.0\.1:\d+\/oauth2\/token {2}200/);
    expect(out).toMatch(/limit +x-ratelimit-remaining: 5999/);
    expect(out).toMatch(/account +x-oauth-scopes: hosts:read\?31m/);
    expect(out).toMatch(/clock is (59|60|61) s behind/);
    expect(out).not.toMatch(/canary/);
    const listing = server.seen.filter(({ path }) => path !== '/oauth2/token');
    expect(listing.map(({ query }) => query.get('limit'))).toEqual(['1']);
    const printed = JSON.parse((await run(['check', 'crowdstrike', '--json'], environment)).out) as {
      sources: object[];
    };
    expect(printed.sources[0]).toMatchObject({
      name: 'crowdstrike',
      response: { total: 512, limits: { 'x-ratelimit-remaining': '5999' } },
    });
  });

  test.each([
    ['a rejected credential', 401, 4, /credentials-rejected: .*responded 401\n.*QUALYS_DEMO_TOKEN/],
    ['a missing permission', 403, 4, /not-permitted: .*responded 403\n.*may read hosts/],
    ['a vendor that is down', 503, 5, /vendor-error: .*responded 503\n.*No action is needed unless the error persists/],
    ['a vendor that asks to wait', 429, 4, /rate-limited: .*responded 429; retry after 90 s/],
  ])('%s is reported with its remedy and its exit code', async (_what, status, code, text) => {
    const server = await vendor((_request, response) =>
      sendJson(response, {}, status, status === 429 ? { 'retry-after': '90' } : {}),
    );
    const ran = await run(['check'], demo(server.url));
    expect(ran.out).toMatch(text);
    expect(ran.out).not.toMatch(/canary/);
    expect(ran.code).toBe(code);
    expect(server.seen).toHaveLength(1);
  });

  test('check ends in time for a port without a listener and a vendor that never responds', async () => {
    const gone = await vendor(() => {});
    await gone.close();
    expect(await run(['check', 'qualys-demo'], demo(gone.url))).toMatchObject({
      code: 5,
      out: expect.stringMatching(/unreachable: .*refused the connection/),
    });
    const silent = await vendor(() => {});
    const ran = await run(['check', 'qualys-demo', '--timeout', '1'], demo(silent.url));
    expect(ran).toMatchObject({ code: 5, out: expect.stringMatching(/returned no page within 1 s/) });
  });

  test('missing and malformed settings are named without their values, and no request is made', async () => {
    const ran = await run(['check', 'qualys-demo'], { QUALYS_DEMO_URL: 'http://u:canary@x/' });
    expect(ran.code).toBe(2);
    expect(ran.out).toMatch(/QUALYS_DEMO_TOKEN +is not set \(API token\)/);
    expect(ran.out).toMatch(/QUALYS_DEMO_URL must be an http\(s\) URL without credentials/);
    expect(ran.out).not.toMatch(/canary/);
    expect(await run(['check'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No source is configured\nFill in \.env/),
    });
    expect(await run(['check', 'qualis'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/did you mean qualys/),
    });
  });

  test('--offline validates every definition, names file, fault and hint, and makes no request', async () => {
    const good = `exports.default = { name: 'acme', vendor: 'acme', dataset: 'hosts', docs: 'https://acme.test', settings: {}, listing: 'full', mapping: 1, input: () => ({ pages() {} }), decode: () => [], map: (raw) => raw.deep.id };`;
    const ran = await run(['check', '--offline'], {
      ROLLCALL_SOURCES: folder('acme.js', good.replace('mapping: 1', 'maping: 1')),
    });
    expect(ran.code).toBe(2);
    expect(ran.out).toMatch(/✗ .*acme\.js is not a valid source: .*maping/);
    expect(ran.out).toMatch(/Did you mean mapping instead of maping\?/);
    expect(ran.out).toMatch(/✓ qualys {2}/);
    const remark = await run(['check', 'acme', '--offline'], { ROLLCALL_SOURCES: folder('acme.js', good) });
    expect(remark).toMatchObject({
      code: 0,
      out: expect.stringMatching(/map\(\) breaks on an empty record \(TypeError\)/),
    });
    const faulty = await run(['preview', 'acme'], { ROLLCALL_SOURCES: folder('acme.js', 'exports.default = {') });
    expect(faulty).toMatchObject({ code: 2, err: expect.stringMatching(/acme\.js cannot be loaded/) });
  });
});

describe('preview', () => {
  const collections = async () => {
    const names = (await store.db.listCollections().toArray()).map(({ name }) => name).sort();
    return Promise.all(names.map(async (name) => [name, await store.db.collection(name).countDocuments()]));
  };

  test('shows rows as received next to rows as stored, with keys and the reason of a rejection, and writes nothing', async () => {
    const before = await collections();
    const server = await vendor((_request, response) => sendJson(response, [HOST, { nothing: '\u001b[2J' }]));
    const { code, out, err } = await run(['preview', 'qualys-demo', '--rows', '2'], demo(server.url));
    expect(code).toBe(0);
    expect(out).toMatch(/✓ row 0 {2}qualys-demo:17\nas received +│ as stored/);
    expect(out).toMatch(/"hostname": "web-01", +│/);
    expect(out).toMatch(/identity keys\n[^]*│ {3}name::web-01/);
    expect(out).toMatch(/✗ row 1\n[^]*to quarantine: id is missing/);
    expect(out).not.toContain('\u001b');
    expect(err).toMatch(/Nothing was written/);
    expect(server.seen.map(({ query }) => query.get('limit'))).toEqual(['2']);
    const { rows } = JSON.parse((await run(['preview', 'qualys-demo', '--json'], demo(server.url))).out) as {
      rows: object[];
    };
    expect(rows).toMatchObject([
      {
        id: 'qualys-demo:17',
        raw: HOST,
        normalized: { device: { hostname: 'web-01.example.com' } },
        keys: expect.arrayContaining(['name::web-01']),
      },
      { rejected: 'id is missing' },
    ]);
    expect(await collections()).toEqual(before);
  });

  test('preview does not change a file of events, and long integers keep their digits', async () => {
    const path = join(dir, 'events.jsonl');
    const text = '{"id":9007199254740993,"category":"a","value":1}\n{"id":2}\n';
    writeFileSync(path, text);
    const { code, out } = await run(['preview', 'events'], { EVENTS_PATH: path });
    expect(code).toBe(0);
    expect(out).toMatch(/events:9007199254740993/);
    expect(out).toMatch(/to quarantine: category is missing/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('logins of a queue are shown only masked, and every message stays visible in the queue', async () => {
    const sqs = await sharedSqs();
    const client = localClient(sqs.endpoint);
    try {
      const url = await createQueue(sqs.endpoint, `q-${randomUUID()}`, { VisibilityTimeout: '3600' });
      const login = {
        user_id: 'u-1',
        device_type: 'ios',
        ip: '192.0.2.77',
        device_id: 'canary-device',
        app_version: '2.3.0',
        create_date: '2026-03-01',
      };
      for (let at = 0; at < 3; at++)
        await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(login) }));
      const ring = join(dir, 'keys.json');
      const environment = {
        LOGINS_SQS_URL: url,
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'y',
      };
      const without = await run(['preview', 'logins'], environment);
      expect(without).toMatchObject({ code: 2, err: expect.stringMatching(/There is no key ring/) });
      createKeyRing(ring);
      const { code, out, err } = await run(['preview', 'logins'], { ...environment, ROLLCALL_KEY_RING: ring });
      expect(code).toBe(0);
      expect(out).toMatch(/"masked_device_id": "m1\.k1\./);
      expect(out + err).not.toMatch(/canary-device|192\.0\.2\.77/);
      expect(err).toMatch(/shown masked, and not as received[^]*visible to others again/);
      const check = await run(['check', 'logins'], environment);
      expect(check).toMatchObject({ code: 0, out: expect.stringMatching(/lists +3 records/) });
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      expect(Attributes).toMatchObject({
        ApproximateNumberOfMessages: '3',
        ApproximateNumberOfMessagesNotVisible: '0',
      });
    } finally {
      client.destroy();
      await sqs.stop();
    }
  });
});

describe('new', () => {
  /** The page for a request: five records in pages of two, for each way of paging. */
  function pageFor(paging: (typeof PAGINGS)[number], { query, path }: SeenRequest, records: object[], own: string) {
    expect(path).toBe('/v1/items');
    const number = (name: string, fallback: number) => Number(query.get(name) ?? fallback);
    const start = {
      offset: () => number('skip', 0),
      'page-number': () => (number('page', 1) - 1) * 2,
      cursor: () => number('cursor', 0),
      link: () => number('from', 0),
      'after-id': () => records.findIndex((record) => (record as { id: string }).id === query.get('after_id')) + 1,
    }[paging]();
    const items = records.slice(start, start + 2);
    const more = start + 2 < records.length;
    const last = (items.at(-1) as { id?: string } | undefined)?.id ?? null;
    return {
      items,
      total: records.length,
      next_cursor: more ? String(start + 2) : null,
      next: more ? `${own}/v1/items?limit=2&from=${start + 2}` : null,
      has_more: more,
      last_id: last,
    };
  }

  const proof = (auth: (typeof AUTHS)[number]) =>
    ({
      header: { name: 'x-api-key', value: 'made-up' },
      bearer: { name: 'authorization', value: 'Bearer made-up' },
      basic: { name: 'authorization', value: `Basic ${Buffer.from('made-up:made-up').toString('base64')}` },
      'client-credentials': { name: 'authorization', value: 'Bearer token-1' },
    })[auth];

  test.each(STARTERS)(
    'a starter for $dataset with $paging paging and $auth authentication fetches, maps and derives keys for all records',
    async ({ dataset, paging, auth }) => {
      const wrote = await run(['new', 'acme', '--dataset', dataset, '--paging', paging, '--auth', auth]);
      expect(wrote).toMatchObject({ code: 0, err: '' });
      const source = loadSources({ folders: [join(dir, 'sources')] }).get('acme');
      const records = Array.from({ length: 5 }, (_, at) => ({
        ...DATASET_PARTS[dataset].fixture[at % 2],
        id: `r-${at}`,
      }));
      const server = await vendor((request, response) => {
        if (request.path === '/v1/oauth2/token')
          return sendJson(response, { access_token: 'token-1', expires_in: 600 });
        const { name, value } = proof(auth);
        if (request.headers[name] !== value) return sendJson(response, {}, 401);
        return sendJson(response, pageFor(paging, request, records, `http://${request.headers.host}`));
      });
      const variables = wrote.out.match(/^ +(ACME_\w+)=$/gm)!.map((line) => line.trim().slice(0, -1));
      const environment = {
        ...Object.fromEntries(variables.map((name) => [name, 'made-up'])),
        ACME_URL: `${server.url}/v1`,
        ACME_PAGE_SIZE: '2',
      };
      const read = await readAll(source, environment);
      expect(read.rejected).toEqual([]);
      expect(read.records.map(({ id }) => id)).toEqual(['r-0', 'r-1', 'r-2', 'r-3', 'r-4']);
      if (dataset === 'hosts')
        expect(read.records[0]!.keys).toEqual(expect.arrayContaining(['serial::C02F60U4Q05N', 'name::build-01']));
    },
  );

  test('every command finds the written source without a setting; its test fails when the mapping is broken', async () => {
    const wrote = await run(['new', 'acme']);
    expect(wrote).toMatchObject({ code: 0, out: expect.stringContaining('Wrote sources/acme.ts') });
    expect(wrote.out).not.toContain('ROLLCALL_SOURCES');
    expect(await run(['check', 'acme', '--offline'])).toMatchObject({
      out: expect.stringContaining('sources/acme.ts'),
    });
    expect((await run(['list'])).out).toContain('acme');
    const file = join(dir, 'sources', 'acme.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace(`record['serial']`, `record['serail']`));
    expect(await run(['test', 'acme'])).toMatchObject({ code: 4, out: expect.stringMatching(/fail 1\n/) });
  });

  test('a source written to another folder is found with the printed setting; the printed command runs its test, which passes', async () => {
    await run(['new', 'acme']);
    const { out } = await run(['new', 'other', '--auth', 'client-credentials', '--folder', 'mine']);
    expect(out).toContain('ROLLCALL_SOURCES=sources,mine');
    const command = /npm run rollcall -- sources (test \S+)/.exec(out)![1]!.split(' ');
    expect(await run(command)).toMatchObject({ code: 0, out: expect.stringMatching(/pass 3\n/) });
    expect(await run(['check', 'other', '--offline'], { ROLLCALL_SOURCES: 'sources,mine' })).toMatchObject({ code: 0 });
    expect(await run(['preview', 'other'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /There is no source other[^]*searches for your own sources in sources: ROLLCALL_SOURCES names other folders/,
      ),
    });
  });

  test('new never replaces a file, and rejects invalid names', async () => {
    expect(await run(['new', 'acme'])).toMatchObject({ code: 0 });
    const before = readFileSync(join(dir, 'sources/acme.ts'), 'utf8');
    rmSync(join(dir, 'sources/acme.fixture.json'));
    expect(await run(['new', 'acme', '--dataset', 'events'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is a source acme already: .*acme\.ts/),
    });
    expect(readFileSync(join(dir, 'sources/acme.ts'), 'utf8')).toBe(before);
    expect(await run(['new', 'qualys'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is a source qualys already/),
    });
    expect(await run(['new', '../acme'])).toMatchObject({ code: 2, err: expect.stringMatching(/cannot be the name/) });
    expect(await run(['new', 'b', '--paging', 'guess'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Allowed choices are offset, page-number, cursor, link, after-id/),
    });
  });
});
