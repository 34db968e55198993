import { SaxesParser } from 'saxes';
import { startSimulator, type Simulator } from '../../simulator/server.js';
import { demoPage, qps, qpsPage, type Row } from './clients.js';

let simulator: Simulator;
let ids: unknown[];
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 300, seed: 5 });
  ids = (await demoPage(simulator.url, 'qualys', 0, simulator.inventory.count('qualys'))).map(({ id }) => id);
});
afterAll(() => simulator.stop());

/** The texts of the elements `name`, in document order. Throws when the XML is not well-formed. */
function texts(xml: string, name: string): string[] {
  const found: string[] = [];
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', () => (text = ''));
  parser.on('text', (part) => (text += part));
  parser.on('closetag', (tag) => {
    if (tag.name === name) found.push(text);
  });
  parser.write(xml).close();
  return found;
}

test('keyset paging returns every host once, with the ids of the take-home API', async () => {
  const seen: unknown[] = [];
  for (let after = '0', more = true; more;) {
    const page = await qpsPage(simulator.url, { after, limit: 37 });
    expect(page.count).toBe(page.data?.length);
    seen.push(...(page.data ?? []).map(({ HostAsset }) => HostAsset['id']));
    more = page.hasMoreRecords === 'true';
    // Absent on the last page.
    expect(page.lastId !== undefined).toBe(more);
    after = String(page.lastId);
  }
  expect(seen).toEqual(ids);
});

test('records are plain JSON with plain numbers', async () => {
  const { data } = await qpsPage(simulator.url);
  const text = JSON.stringify(data);
  expect(text).not.toContain('$');
  expect(text).toMatch(/"hostInstanceVulnId":\d{11}/);
});

test('XML contains the values of the JSON, escaped', async () => {
  const xml = await (await qps(simulator.url, { limit: 1000, format: 'xml' })).text();
  const { data = [] } = await qpsPage(simulator.url, { limit: 1000 });
  const hosts = data.map(({ HostAsset }) => HostAsset);
  expect(texts(xml, 'hasMoreRecords')).toEqual(['false']);
  expect(texts(xml, 'networkGuid')).toHaveLength(hosts.length);
  expect(texts(xml, 'address').length).toBeGreaterThan(hosts.length);
  const listed = (host: Row): { TagSimple: { name: string } }[] => (host['tags'] as { list: [] }).list;
  expect(texts(xml, 'title').length).toBe(hosts.filter((host) => host['agentInfo']).length);
  expect(texts(xml, 'name').filter((name) => name === 'R&D <lab>')).toHaveLength(
    hosts.filter((host) => listed(host).some(({ TagSimple }) => TagSimple.name === 'R&D <lab>')).length,
  );
  expect(texts(xml, 'hostInstanceVulnId')).toEqual(
    hosts.flatMap((host) =>
      (host['vuln'] as { list: { HostAssetVuln: Row }[] }).list.map((row) =>
        String(row.HostAssetVuln['hostInstanceVulnId']),
      ),
    ),
  );
});

test('an empty result is a success without data', async () => {
  expect(await qpsPage(simulator.url, { after: '999999999' })).toEqual({ responseCode: 'SUCCESS', count: 0 });
});

test('wrong credentials get a response with status 200', async () => {
  for (const format of ['json', 'xml'] as const) {
    const response = await qps(simulator.url, { password: 'wrong', format });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('INVALID_CREDENTIALS');
  }
});

test('a request without X-Requested-With is rejected', async () => {
  const response = await fetch(`${simulator.url}/qps/rest/2.0/search/am/hostasset`, { method: 'POST' });
  expect(response.status).toBe(400);
});

test('more than a thousand records per page is an invalid request', async () => {
  expect(await qpsPage(simulator.url, { limit: 1001 })).toMatchObject({ responseCode: 'INVALID_REQUEST' });
});

test('criteria on other fields are matched against the records', async () => {
  const criteria = [{ field: 'trackingMethod', operator: 'EQUALS', value: 'IP' }];
  const { data = [] } = await qpsPage(simulator.url, { criteria });
  expect(data.length).toBeGreaterThan(5);
  expect(new Set(data.map(({ HostAsset }) => HostAsset['trackingMethod']))).toEqual(new Set(['IP']));
});
