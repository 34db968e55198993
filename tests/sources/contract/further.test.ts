import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config.js';
import { loadSources } from '../../../src/sources/loading/registry.js';
import { resolveSettings } from '../../../src/model/settings.js';
import type { SourceDefinition } from '../../../src/model/source.js';
import { expectResumable, expectSilent, expectWhole, list } from './listed.js';

/** The one file that a user writes for a vendor that Rollcall does not know. */
const FILE = `import { RecordRejected, defineSource, header, httpInput, httpRows, setting, token } from 'rollcall';

interface Machine { uuid?: string; name: string; seen: number }

export default defineSource({
  name: 'shelf',
  vendor: 'shelf',
  dataset: 'hosts',
  docs: 'https://shelf.test/api',
  settings: {
    url: setting.url('SHELF_URL', { help: 'base URL' }),
    key: setting.secret('SHELF_KEY', { help: 'API key' }),
    pageSize: setting.integer('SHELF_PAGE_SIZE', { help: 'hosts per page', min: 1, max: 500, default: '100' }),
  },
  listing: 'full',
  mapping: 1,
  map(raw: unknown) {
    const { uuid, name, seen } = raw as Machine;
    if (!uuid) throw new RecordRejected('uuid is missing');
    const device = { type_id: 0, hostname: name, last_seen_time: new Date(seen) };
    return { id: uuid, observation: { device, class: 'machine', external_ips: [], tags: [] } };
  },
  decode: httpRows({ records: 'hosts', values: { cursor: 'cursor' } }),
  input: ({ url, key, pageSize }) =>
    httpInput({
      source: 'shelf',
      base: url,
      auth: header('authorization', key, 'ApiKey '),
      request: ({ limit, token }) => ({ method: 'GET', path: '/v2/hosts', query: { limit, cursor: token } }),
      paging: token({ limit: pageSize, next: 'cursor' }),
      envelope: { records: 'hosts', values: { cursor: 'cursor' } },
    }),
});
`;

const KEY = 'shelf-key-canary';
const MACHINES = Array.from({ length: 23 }, (_, number) => ({
  uuid: `machine-${String(number).padStart(2, '0')}`,
  name: `web-${number}`,
  seen: 1_760_000_000_000 + number,
}));

let vendor: Server;
let url: string;
let folder: string;
/** Statuses that replace the vendor's next responses. */
const instead: number[] = [];

function page(request: IncomingMessage): { status: number; body: unknown } {
  if (request.headers.authorization !== `ApiKey ${KEY}`) return { status: 401, body: { error: 'who are you' } };
  const status = instead.shift();
  if (status !== undefined) return { status, body: { error: 'later' } };
  const { searchParams } = new URL(request.url!, 'http://shelf');
  const cursor = searchParams.get('cursor');
  const from = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString().slice(1));
  const to = from + Number(searchParams.get('limit'));
  const next = to < MACHINES.length ? Buffer.from(`@${to}`).toString('base64url') : null;
  return { status: 200, body: { hosts: MACHINES.slice(from, to), cursor: next } };
}

beforeAll(async () => {
  vendor = createServer((request, response) => {
    const { status, body } = page(request);
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '5' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'rollcall-further-'));
  writeFileSync(join(folder, 'shelf.ts'), FILE);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  vendor.closeAllConnections();
  await new Promise((resolve) => vendor.close(resolve));
});

/** Loads the source as a worker does: from the folder and the settings in its environment. */
function found(more: Record<string, string> = {}): {
  source: SourceDefinition;
  open: () => ReturnType<SourceDefinition['input']>;
} {
  const environment = { ROLLCALL_SOURCES: folder, SHELF_URL: url, SHELF_KEY: KEY, SHELF_PAGE_SIZE: '5', ...more };
  const config = loadConfig(environment);
  const source = loadSources({ folders: config.sourceFolders }).get('shelf');
  return { source, open: () => source.input(resolveSettings('shelf', source.settings, config.environment)) };
}

test('a source that is one file in a folder lists, maps and resumes like the project’s own sources', async () => {
  const { source, open } = found();
  const whole = await list(source, open());
  expectWhole(
    whole,
    MACHINES.map(({ uuid }) => uuid),
  );
  expect(whole.pages).toHaveLength(5);
  expect(whole.records[3]!.observation.device).toMatchObject({
    hostname: 'web-3',
    last_seen_time: new Date(1_760_000_000_003),
  });
  await expectResumable(source, open, whole);
});

test('its failures are reported like those of the project’s own sources', async () => {
  const { source, open } = found();
  for (const [status, kind] of [
    [429, 'rate-limited'],
    [503, 'vendor-error'],
    [400, 'request-rejected'],
  ] as const) {
    instead.push(status);
    const { failure } = await list(source, open());
    expect(failure).toMatchObject({ kind, details: { source: 'shelf', status, retryAfterMs: 5_000 } });
  }
  const wrong = await list(source, found({ SHELF_KEY: 'WRONG-canary' }).open());
  expect(wrong.failure?.kind).toBe('credentials-rejected');
  expectSilent(wrong.failure!, ['WRONG-canary', KEY]);
  expect(() => found({ SHELF_KEY: '' }).open()).toThrow(/^Source shelf is not configured: SHELF_KEY is not set/);
});

test('a rejected record is an error of that record only, with a reason for grouping', () => {
  expect(() => found().source.map({ name: 'nameless' })).toThrow(
    expect.objectContaining({ reason: 'uuid is missing' }),
  );
});
