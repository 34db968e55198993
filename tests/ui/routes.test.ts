import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { createKeyRing, openKeyRing, type KeyRing } from '../../src/privacy/key-ring.js';
import { appendPage } from '../../src/store/collections/pages.js';
import { putRejected } from '../../src/store/collections/quarantine.js';
import { NO_COUNTS } from '../../src/model/run.js';
import { record } from '../host/records.js';
import { ago, ask, openStand, type Stand } from './stand.js';

/** The content of the pages about hosts, runs, quarantine and reports. */
let stand: Stand;
let url: string;

const page = async (path: string) => {
  const { status, text } = await ask(url, path);
  expect([path, status]).toEqual([path, 200]);
  return text;
};
/** The visible text of a page. */
const visibleText = (text: string) =>
  text
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');

const MAC = '00:50:56:8a:11:22';
beforeAll(async () => {
  stand = await openStand();
  await stand.put(
    record('qualys:web', {
      hostname: 'web-01.corp.example.com',
      os: { name: 'Windows 11', type_id: 100 },
      hw_info: { serial_number: 'C02F60U4Q05N' },
      network_interfaces: [{ mac: MAC }],
      last_seen_time: ago(40),
    }),
    record('crowdstrike:web', {
      hostname: 'web-01',
      os: { name: 'Windows 10', type_id: 100 },
      hw_info: { serial_number: 'C02F60U4Q05N' },
      network_interfaces: [{ mac: MAC }],
      last_seen_time: ago(0),
    }),
    record('qualys:db', { hostname: 'db-01', last_seen_time: ago(100) }),
    record('qualys:a/b c', { hostname: 'odd-01', last_seen_time: ago(1) }),
  );
  url = (await stand.serve()).url;
});
afterAll(async () => {
  expect(stand.errors).toEqual([]);
  await stand.close();
});

describe('search', () => {
  const names = async (query: string) =>
    (JSON.parse(await page(`/api/hosts${query}`)) as { hosts: { hostname?: string }[] }).hosts.map(
      ({ hostname }) => hostname,
    );

  test('finds hosts by name or identifier, as JSON and as a page', async () => {
    expect(await names('?q=web')).toEqual(['web-01']);
    expect(await names(`?q=${MAC}`)).toEqual(['web-01']);
    expect(await names('?q=C02F60U4Q05N')).toEqual(['web-01']);
    for (const path of ['/?q=db', '/results?q=db']) {
      expect(visibleText(await page(path))).toContain('db-01');
      expect(visibleText(await page(path))).not.toContain('web-01');
    }
    expect(await page('/results?q=db')).not.toContain('<html');
  });

  test('filters by a source that lists the host, by a source that lacks it, and by age', async () => {
    expect(await names('?source=crowdstrike')).toEqual(['web-01']);
    expect(await names('?lacks=crowdstrike')).toEqual(['db-01', 'odd-01']);
    expect(await names('?stale=30')).toEqual(['db-01']);
    expect(await names('?retired=1')).toEqual([]);
    expect(visibleText(await page('/?source=crowdstrike&stale=30'))).toContain('Filters are on');
  });

  test('returns one page after the other', async () => {
    const { hosts, after } = JSON.parse(await page('/api/hosts?limit=2')) as { hosts: object[]; after: string };
    const rest = JSON.parse(await page(`/api/hosts?limit=2&after=${encodeURIComponent(after)}`)) as { hosts: object[] };
    expect([hosts.length, rest.hosts.length]).toEqual([2, 1]);
  });

  test('reports what is wrong with a query', async () => {
    for (const path of ['/api/hosts?limit=0', '/api/hosts?limit=9999', '/api/hosts?after=nonsense'])
      expect(await ask(url, path)).toMatchObject({ status: 400, text: expect.stringContaining('"error"') });
    expect((await ask(url, '/?after=nonsense')).status).toBe(400);
    expect((await ask(url, `/?q=${'x'.repeat(9_000)}`)).status).toBe(200);
    expect((await ask(url, '/?q[$ne]=1&source[$ne]=x&stale=NaN')).status).toBe(200);
  });
});

describe('a host', () => {
  test('shows each value with its source and time, contradictions, the reason for the merge, records and keys', async () => {
    const text = visibleText(await page(`/hosts/${await stand.hostOf('qualys:web')}`));
    expect(text).toMatch(/Name Windows 10 crowdstrike 1 min ago ≠ but Windows 11 qualys 40 days ago/);
    expect(text).toMatch(/contradict each other in 1 field/);
    expect(text).toMatch(/are one host because both report serial number C02F60U4Q05N/);
    expect(text).toMatch(/2 source records .*crowdstrike.*qualys/);
    expect(text).toMatch(/MAC address 00:50:56:8a:11:22/);
    expect(text).toMatch(/History .*Created/);
  });

  test('is available as JSON', async () => {
    const id = await stand.hostOf('qualys:db');
    expect(JSON.parse(await page(`/hosts/${id}.json`))).toMatchObject({ _id: id, why: [], history: expect.any(Array) });
  });

  test('is found by a former id, and by a record with any name', async () => {
    const id = await stand.hostOf('qualys:db');
    await stand.store.redirects.insertMany([
      { _id: 'hffffffffffffffffffff', to: 'heeeeeeeeeeeeeeeeeeee', at: new Date() },
      { _id: 'heeeeeeeeeeeeeeeeeeee', to: id, at: new Date() },
    ]);
    const leads = async (path: string) => (await ask(url, path)).headers['location'];
    expect(await leads('/hosts/hffffffffffffffffffff')).toBe(`/hosts/${id}`);
    expect(await leads('/hosts/hffffffffffffffffffff.json')).toBe(`/hosts/${id}.json`);
    expect(await leads(`/hosts/${encodeURIComponent('qualys:a/b c')}`)).toBe(
      `/hosts/${await stand.hostOf('qualys:a/b c')}`,
    );
    expect(await ask(url, '/hosts/nothing')).toMatchObject({ status: 404 });
    expect(await ask(url, '/hosts/%E0%A4%A')).toMatchObject({ status: expect.any(Number) });
  });

  test('shows its history', async () => {
    const changed = record('qualys:db', { hostname: 'db-01', ip: '10.0.0.9', os: { name: 'Ubuntu', type_id: 200 } });
    await stand.put(changed);
    await stand.put({
      ...changed,
      observation: {
        ...changed.observation,
        device: { ...changed.observation.device, os: { name: 'Debian', type_id: 200 } },
      },
    });
    expect(visibleText(await page(`/hosts/${await stand.hostOf('qualys:db')}`))).toMatch(
      /device\.os name Ubuntu → is now Debian/,
    );
  });
});

describe('runs', () => {
  const run = '20260302040000-0011aabb';
  const account = { ...NO_COUNTS, started_at: ago(1), ended_at: ago(1) };
  beforeAll(async () => {
    await stand.store.runs.insertOne({
      _id: run,
      workflow_id: 'rollcall-collect-crowdstrike+qualys',
      status: 'partial',
      started_at: ago(1),
      ended_at: ago(1),
      sources: {
        qualys: { ...account, status: 'complete', pages: 2, records: 1_500 },
        crowdstrike: {
          ...account,
          status: 'failed',
          reason: 'The credentials were refused',
          remedy: 'Check CROWDSTRIKE_CLIENT_ID',
          parked: true,
          unconfirmed: 7,
        },
      },
    });
    await stand.store.sources.insertOne({
      _id: 'crowdstrike',
      vendor: 'crowdstrike',
      last_checked: ago(1),
      parked: {
        run,
        at: ago(1),
        kind: 'credentials-rejected',
        reason: 'The credentials were refused',
        remedy: 'Check CROWDSTRIKE_CLIENT_ID',
      },
    });
  });

  test('are listed, with the sources that need the user first', async () => {
    const text = await page('/runs');
    expect(visibleText(text)).toMatch(
      /parked crowdstrike since 1 day ago : The credentials were refused Check CROWDSTRIKE_CLIENT_ID/,
    );
    expect(text).toContain('href="http://127.0.0.1:8233/namespaces/default/workflows/rollcall-source-crowdstrike"');
    expect(text).toContain(`href="/runs/${run}"`);
  });

  test('show the result of each source, the reason and the remedy', async () => {
    const text = await page(`/runs/${run}`);
    expect(visibleText(text)).toMatch(
      /crowdstrike ✕ failed ‖ parked The credentials were refused What to do: Check CROWDSTRIKE_CLIENT_ID/,
    );
    expect(visibleText(text)).toMatch(/7 records would be retired and await confirmation/);
    expect(visibleText(text)).toMatch(/pages 2 records 1,500/);
    expect(text).toContain('/workflows/rollcall-collect-crowdstrike%2Bqualys"');
    expect((await ask(url, '/runs/none')).status).toBe(404);
  });
});

describe('quarantine', () => {
  const canary = 'canary-10.9.8.7';
  const fetched = async (source: string, body: Buffer, keys?: KeyRing) =>
    appendPage(
      stand.store,
      'run-1',
      source,
      0,
      {
        cursor: { at: source },
        next: null,
        body,
        status: 200,
        mediaType: 'application/json',
        fetchedAt: ago(0),
        digest: createHash('sha256').update(body).digest('hex'),
        rows: 1,
      } as never,
      keys,
    );
  beforeAll(async () => {
    const row = { reason: 'id is missing', row: 0, offset: 1, length: 40 };
    const body = (of: string) => Buffer.from(`[{"of":"${of}","ip":"${canary}"}                    ]`);
    const file = join(stand.reportDir, 'keys.json');
    createKeyRing(file);
    const ring = openKeyRing(file).keys();
    rmSync(file);
    for (const source of ['qualys', 'logins', 'crowdstrike']) {
      const { page } = await fetched(source, body(source), source === 'crowdstrike' ? ring : undefined);
      await putRejected(stand.store, { source, run: 'run-1', page: page._id, observedAt: ago(0) }, [
        row,
        { ...row, row: 1, recordId: 'x/1 #2' },
      ]);
    }
  });

  test('is grouped by reason, and links to single records as received', async () => {
    const text = await page('/quarantine');
    expect(visibleText(text)).toMatch(/6 records could not be read, for 3 reasons/);
    expect(text).toContain('/quarantine/rows?source=qualys&amp;reason=id+is+missing');
    const rows = await page('/quarantine/rows?source=qualys&reason=id+is+missing');
    const [, href] = /href="(\/quarantine\/row\?id=qualys[^"]*)"/.exec(rows)!;
    expect(await page(href!)).toContain(`{&quot;of&quot;:&quot;qualys&quot;,&quot;ip&quot;:&quot;${canary}`);
  });

  test('shows no received record of a source with personal data', async () => {
    const text = await page(`/quarantine/row?id=${encodeURIComponent('logins:x/1 #2')}`);
    expect(visibleText(text)).toContain('It may hold personal data');
    expect(text).not.toContain(canary);
    // A sealed record is not shown, even when its source has no personal data.
    const sealed = await page(`/quarantine/row?id=${encodeURIComponent('crowdstrike:x/1 #2')}`);
    expect(visibleText(sealed)).toContain('It is sealed');
  });

  test('reports rows and reasons that are not in it', async () => {
    expect((await ask(url, '/quarantine/row?id=none')).status).toBe(404);
    expect(visibleText(await page('/quarantine/rows?source=qualys&reason=none'))).toContain('No rows have this reason');
  });
});

describe('reports', () => {
  const put = (path: string, text: string) => {
    const file = join(stand.reportDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  test('do not exist at first', async () => {
    expect(visibleText(await page('/reports'))).toContain('There is no report yet');
    expect((await ask(url, '/reports/latest')).headers['location']).toBe('/reports');
  });

  test('are served by day, the newest first, and may not run scripts', async () => {
    put('2026-03-01/index.html', 'old');
    put('2026-03-02/index.html', '<p>new</p>');
    put('2026-03-02/charts/os.svg', '<svg/>');
    put('2026-03-02/run.exe', 'no');
    expect(visibleText(await page('/reports'))).toMatch(/2026-03-02 newest 2026-03-01/);
    expect((await ask(url, '/reports/latest')).headers['location']).toBe('/reports/2026-03-02/');
    expect((await ask(url, '/reports/2026-03-02')).headers['location']).toBe('/reports/2026-03-02/');
    const { text, headers } = await ask(url, '/reports/2026-03-02/');
    expect(text).toBe('<p>new</p>');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'.*sandbox/);
    expect(policy).not.toMatch(/script/);
    expect((await ask(url, '/reports/2026-03-02/charts/os.svg')).headers['content-type']).toBe('image/svg+xml');
    expect((await ask(url, '/reports/2026-03-02/run.exe')).status).toBe(404);
  });

  test('give access to no other file', async () => {
    put('secret.html', 'secret');
    put('2026-03-02/.hidden.html', 'secret');
    symlinkSync(__filename, join(stand.reportDir, '2026-03-02/link.html'));
    for (const path of [
      'secret.html',
      '2026-03-02/../secret.html',
      '2026-03-02/..%2fsecret.html',
      '2026-03-02/%2e%2e/secret.html',
      '2026-03-02/..%5c..%5csecret.html',
      '2026-03-02/.hidden.html',
      '2026-03-02/link.html',
      '2026-03-02/%00.html',
      '2026-03-02//etc/passwd',
      '../../../../etc/passwd',
      '2026-03-02/none.html',
    ])
      expect([path, await ask(url, `/reports/${path}`)]).toEqual([
        path,
        expect.objectContaining({ status: 404, text: expect.not.stringMatching('secret') }),
      ]);
  });
});
