import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../simulator/server.js';
import { demo, demoPage, devicePage, bearer, qps, qpsPage } from './clients.js';

const RECORDS = join(__dirname, '../../../shared/records');
const recorded = existsSync(join(RECORDS, 'qualys-hosts.json')) ? test : test.skip;
if (recorded === test.skip) process.stderr.write('Skipped: the recorded records are not here\n');

const directory = mkdtempSync(join(tmpdir(), 'rollcall-records-'));
afterAll(() => rmSync(directory, { recursive: true }));

recorded('a listing of seven recorded hosts ends with the error of the take-home API', async () => {
  const { url, stop } = await startSimulator({ records: RECORDS, maxPage: 2 });
  const past = await demo(url, 'qualys', 6, 2);
  expect([past.status, await past.text()]).toEqual([500, 'Error invalid skip/limit combo (>number of hosts)']);
  const original = JSON.parse(readFileSync(join(RECORDS, 'qualys-hosts.json'), 'utf8')) as unknown[];
  expect(await demoPage(url, 'qualys', 6, 1)).toEqual(original.slice(6));
  expect((await demo(url, 'qualys', 0, 3)).status).toBe(500);
  await stop();
});

recorded('every protocol returns the recorded hosts', async () => {
  const { url, stop } = await startSimulator({ records: RECORDS });
  const ids = (await demoPage(url, 'qualys', 0, 7)).map(({ id }) => id);
  expect((await qpsPage(url)).data?.map(({ HostAsset }) => HostAsset['id'])).toEqual(ids);
  const xml = await (await qps(url, { format: 'xml' })).text();
  expect([...xml.matchAll(/<\/networkGuid>/g)]).toHaveLength(7);
  expect((await devicePage(url, await bearer(url))).resources).toHaveLength(7);
  await stop();
});

test('numbers of a recording keep every digit, in each envelope and in XML', async () => {
  const host =
    '{"id": 7, "big": 12345678901234567890, "version": 1.10, "tags": {"list": [{"TagSimple": {"name": "a \\"b\\" <c>"}}]}}';
  writeFileSync(join(directory, 'qualys-hosts.jsonl'), `${host}\n\n`);
  writeFileSync(
    join(directory, 'crowdstrike-hosts.json'),
    '[ {"device_id":"b"}, {"device_id":"a","list":[[1,2],"]}"]} ]',
  );
  const { url, stop } = await startSimulator({ records: directory });
  expect(await (await demo(url, 'qualys', 0, 1)).text()).toBe(`[${host}]`);
  expect(await (await qps(url)).text()).toContain(`{"HostAsset":${host}}`);
  const xml = await (await qps(url, { format: 'xml' })).text();
  expect(xml).toContain('<big>12345678901234567890</big><version>1.10</version>');
  expect(xml).toContain('<name>a &quot;b&quot; &lt;c&gt;</name>');
  // The vendor's own API sorts by id. The take-home API keeps the order of the file.
  expect((await devicePage(url, await bearer(url))).resources?.map(({ device_id }) => device_id)).toEqual(['a', 'b']);
  expect((await demoPage(url, 'crowdstrike', 0, 2)).map(({ device_id }) => device_id)).toEqual(['b', 'a']);
  await stop();
});

test('a folder without records is rejected, and the error names it', async () => {
  await expect(startSimulator({ records: tmpdir() })).rejects.toThrow(/No records in .*expected qualys-hosts.json/);
});
