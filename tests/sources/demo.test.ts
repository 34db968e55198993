import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import crowdstrike from '../../src/sources/crowdstrike-demo/source.js';
import qualys from '../../src/sources/qualys-demo/source.js';
import { collect, failureOf, inputOfSource } from '../connectors/http/collect.js';
import { sendText, serve, type HttpServer } from '../support/http-server.js';

const SOURCES = [
  [qualys, 'QUALYS_DEMO', '/api/qualys/hosts/get', 'qualys-hosts.json'],
  [crowdstrike, 'CROWDSTRIKE_DEMO', '/api/crowdstrike/hosts/get', 'crowdstrike-hosts.json'],
] as const;

let server: HttpServer;
afterEach(async () => server.close());

/** The take-home API: pages of one or two hosts, and an error for every page that reaches past the end. */
async function takeHome(hosts: unknown[]): Promise<HttpServer> {
  return serve(({ query, headers }, response) => {
    if (headers['token'] !== 'SECRET-canary') return sendText(response, 'Unauthorized', 401);
    const skip = Number(query.get('skip'));
    const limit = Number(query.get('limit'));
    if (limit > 2 || skip + limit > hosts.length) {
      return sendText(response, 'Error invalid skip/limit combo (>number of hosts)', 500);
    }
    sendText(response, JSON.stringify(hosts.slice(skip, skip + limit)), 200, { 'content-type': 'application/json' });
  });
}

describe.each(SOURCES)('%#', (source, prefix, path, file) => {
  const input = (token = 'SECRET-canary') =>
    inputOfSource(source, { [`${prefix}_URL`]: server.url, [`${prefix}_TOKEN`]: token });

  test(`${source.name} reads all seven hosts with its default settings`, async () => {
    const hosts = Array.from({ length: 7 }, (_, id) => ({ id, device_id: `d${id}` }));
    server = await takeHome(hosts);
    const { rows, failure } = await collect(input());
    expect(failure).toBeUndefined();
    expect(rows).toEqual(hosts);
    expect(server.seen[0]).toMatchObject({ method: 'POST', path, body: '' });
  });

  test(`${source.name} names its variable when the token is wrong`, async () => {
    server = await takeHome([]);
    const failure = await failureOf(input('wrong'));
    expect(failure).toMatchObject({
      kind: 'credentials-rejected',
      details: { remedy: expect.stringContaining(`${prefix}_TOKEN`) },
    });
  });

  const recorded = join(__dirname, '../../../shared/records', file);
  const present = existsSync(recorded);
  if (!present) process.stdout.write(`Skipped: no recorded records next to the repository (${file})\n`);
  (present ? test : test.skip)(`${source.name} reads and maps seven recorded hosts`, async () => {
    const hosts = JSON.parse(readFileSync(recorded, 'utf8')) as unknown[];
    server = await takeHome(hosts);
    const { rows } = await collect(input());
    expect(rows).toEqual(hosts);
    expect(new Set(rows.map((row) => source.map(row).id)).size).toBe(7);
  });
});
