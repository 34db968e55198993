import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { NO_COUNTS } from '../../src/model/run.js';
import { record } from '../host/records.js';
import { browserTest as test, hasBrowser, openBrowser } from './browser.js';
import { ago, openStand, type Stand } from './stand.js';
import { soakTest } from '../support/soak.js';

/** These tests take seconds in a browser, and repeat checks of the other tests in more detail. */
const further = hasBrowser ? soakTest : test;

/** Uses the page as a user does, in a real Chromium. */
const TOKEN = 'correct-horse-battery-staple';
/** This text would set `window.attacked`, and break out of an attribute, a tag, a comment or a script. */
const ATTACK = `"'--></title></script><script>window.attacked=1</script><img src=x onerror=window.attacked=1>`;
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let stand: Stand;
let url: string;
let locked: string;
let browser: Browser;
let attacked: string;
let pages: string[];

beforeAll(async () => {
  if (!hasBrowser) return;
  stand = await openStand();
  await stand.put(
    ...Array.from({ length: 60 }, (_, at) =>
      record(`qualys:${at}`, {
        hostname: `web-${String(at).padStart(2, '0')}.example.com`,
        ip: `10.1.0.${at}`,
        os: { name: at % 2 ? 'Ubuntu Linux' : 'Windows Server 2022', type_id: 100 },
        last_seen_time: ago(at),
      }),
    ),
    record('crowdstrike:evil', {
      hostname: ATTACK,
      name: ATTACK,
      domain: ATTACK,
      os: { name: ATTACK, type_id: 0, version: ATTACK },
      hw_info: { serial_number: 'ABCDE12345', cpu_type: ATTACK },
      vendor_name: ATTACK,
      model: ATTACK,
      type: ATTACK,
      region: ATTACK,
      owner: { name: ATTACK },
      groups: [{ uid: ATTACK, name: ATTACK }],
      agent_list: [{ type_id: 1, name: ATTACK, vendor_name: ATTACK, uid: ATTACK, version: ATTACK }],
      network_interfaces: [{ name: ATTACK, mac: '00:50:56:8a:11:23' }],
      tags: [ATTACK],
      status: ATTACK,
      last_seen_time: ago(0),
    } as never),
    record(`qualys:evil`, {
      hostname: 'evil-01',
      os: { name: 'Windows 11', type_id: 100 },
      hw_info: { serial_number: 'ABCDE12345' },
      network_interfaces: [{ mac: '00:50:56:8a:11:23' }],
      last_seen_time: ago(2),
    }),
  );
  attacked = await stand.hostOf('crowdstrike:evil');
  await stand.store.hosts.updateOne({ _id: attacked }, { $set: { 'device.hostname': ATTACK, 'device.ip': ATTACK } });
  await stand.store.changes.insertOne({
    host: attacked,
    at: ago(1),
    run: ATTACK,
    kind: 'changed',
    fields: [
      { path: ATTACK, from: ATTACK, to: { [ATTACK]: ATTACK } },
      { path: 'tags', added: [ATTACK], removed: [ATTACK] },
    ],
  } as never);
  const account = {
    ...NO_COUNTS,
    started_at: ago(1),
    ended_at: ago(1),
    reason: ATTACK,
    remedy: ATTACK,
    warnings: [ATTACK],
  };
  await stand.store.runs.insertMany([
    {
      _id: '20260302040000-0011aabb',
      workflow_id: ATTACK,
      status: 'partial',
      started_at: ago(1),
      ended_at: ago(1),
      sources: { qualys: { ...account, status: 'partial', parked: true, unconfirmed: 3 } },
    },
    {
      _id: '20260302050000-0011aabb',
      workflow_id: 'w',
      status: 'completed',
      started_at: ago(0),
      ended_at: ago(0),
      sources: {},
    },
  ]);
  await stand.store.sources.insertMany([
    {
      _id: 'qualys',
      vendor: 'qualys',
      last_checked: ago(1),
      parked: { run: '20260302040000-0011aabb', at: ago(1), kind: ATTACK, reason: ATTACK, remedy: ATTACK },
    },
    { _id: 'crowdstrike', vendor: 'crowdstrike', last_checked: ago(1) },
  ]);
  await stand.store.quarantine.insertOne({
    _id: `qualys:${ATTACK}`,
    source: 'qualys',
    reason: ATTACK,
    run: ATTACK,
    page: ATTACK,
    row: 0,
    offset: 0,
    length: 9,
    first_at: ago(3),
    last_at: ago(1),
  });
  const encoded = encodeURIComponent(ATTACK);
  pages = [
    '/',
    `/?q=${encoded}&source=${encoded}&os=${encoded}&region=${encoded}&retired=1`,
    `/hosts/${attacked}`,
    '/runs',
    '/runs/20260302040000-0011aabb',
    '/quarantine',
    `/quarantine/rows?source=qualys&reason=${encoded}`,
    `/quarantine/row?id=${encodeURIComponent(`qualys:${ATTACK}`)}`,
    '/reports',
    '/nothing',
  ];
  [url, locked] = [(await stand.serve()).url, (await stand.serve({ token: TOKEN })).url];
  browser = await openBrowser();
});
afterAll(async () => {
  if (!hasBrowser) return;
  await browser?.close();
  expect(stand.errors).toEqual([]);
  await stand.close();
});

const contexts: BrowserContext[] = [];
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

/** Opens a page in its own context and collects the error messages of the browser. */
async function open(options: BrowserContextOptions = {}): Promise<Page & { consoleErrors: string[] }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(300_000);
  contexts.push(context);
  const page = (await context.newPage()) as Page & { consoleErrors: string[] };
  page.consoleErrors = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.consoleErrors.push(message.text());
  });
  page.on('pageerror', (error) => page.consoleErrors.push(String(error)));
  return page;
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
  passes: { id: string }[];
}

/** Opens all `<details>` elements. */
const unfold = (page: Page) =>
  page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
const focused = (page: Page) => page.evaluate('document.activeElement.textContent.trim() || document.activeElement.id');

test('the page finds hosts while the user types, and the URL contains the query', async () => {
  const page = await open();
  await page.goto(url);
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith('/assets/')) asked.push(pathname);
  });
  await page.locator('#q').pressSequentially('web-07', { delay: 20 });
  await page.locator('#found', { hasText: /^1 host$/ }).waitFor();
  expect(await page.locator('a.name').allTextContents()).toEqual(['web-07.example.com']);
  expect(new Set(asked)).toEqual(new Set(['/results']));
  expect(page.url()).toBe(`${url}/?q=web-07`);
  expect(await page.title()).toBe('web-07 · Rollcall');

  // When the user types fast, the page sends one request with the final text.
  asked.length = 0;
  await page.evaluate(`for (const text of ['w', 'we', 'web-0', 'web-07', 'web-08']) {
    document.querySelector('#q').value = text;
    document.querySelector('#q').dispatchEvent(new Event('input'));
  }`);
  await page.locator('a.name', { hasText: 'web-08' }).waitFor();
  expect(asked).toEqual(['/results']);

  // A filter adds an entry to the browser history, a typed letter does not.
  await page.locator('#q').fill('web-3');
  await page.locator('#found', { hasText: /^10 hosts$/ }).waitFor();
  await page.locator('summary', { hasText: 'Filters' }).click();
  await page.locator('select[name=stale]').selectOption('30');
  await page.waitForURL(`${url}/?q=web-3&stale=30`);
  await page.locator('#q').fill('');
  await page.locator('#found', { hasText: /^30 hosts$/ }).waitFor();
  await page.waitForURL(`${url}/?stale=30`);
  expect(await page.locator('.filters .pill').textContent()).toBe('1');
  await page.goBack();
  // Going back restores the text, the empty filter and the found hosts.
  await page.locator('#found', { hasText: /^10 hosts$/ }).waitFor();
  expect(page.url()).toBe(`${url}/?q=web-3`);
  expect([await page.locator('#q').inputValue(), await page.locator('select[name=stale]').inputValue()]).toEqual([
    'web-3',
    '',
  ]);
  expect(page.consoleErrors).toEqual([]);
});

further('a late response does not replace a newer one', async () => {
  const page = await open();
  await page.goto(url);
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const passed = new Promise<void>((resolve) => {
    void page.route('**/results?q=web-1', async (route) => {
      await released;
      await route.continue().catch(() => {});
      resolve();
    });
  });
  await page.locator('#q').fill('web-1');
  await page.waitForRequest('**/results?q=web-1');
  await page.locator('#q').fill('web-19');
  await page.locator('#found', { hasText: /^1 host$/ }).waitFor();
  release();
  await passed;
  await page.waitForTimeout(300);
  expect(await page.locator('a.name').allTextContents()).toEqual(['web-19.example.com']);
});

test('everything can be reached with the keyboard alone', async () => {
  const page = await open();
  await page.goto(`${url}/runs`);
  await page.keyboard.press('/');
  await page.waitForURL(`${url}/`);
  expect(await focused(page)).toBe('q');
  await page.keyboard.type('web-1');
  await page.locator('#found', { hasText: /^10 hosts$/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  expect(await focused(page)).toBe('web-10.example.com');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  expect(await focused(page)).toBe('web-11.example.com');
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  expect(outline).toBe('solid');
  await page.keyboard.press('Escape');
  expect(await focused(page)).toBe('q');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  expect(await focused(page)).toBe('q');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/hosts/h*');
  expect(await page.locator('h1').textContent()).toContain('web-10');
  await page.goBack();
  await page.locator('#found', { hasText: /^10 hosts$/ }).waitFor();

  // Enter opens a host at once when the query is its whole name, and Tab reaches all other controls.
  await page.locator('#q').fill('web-23');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/hosts/h*');
  const reached = new Set<unknown>();
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press('Tab');
    reached.add(await focused(page));
  }
  for (const name of ['Skip to the content', 'Rollcall', 'Runs', 'Quarantine', 'Reports', 'JSON'])
    expect(reached).toContain(name);
  expect(page.consoleErrors).toEqual([]);
});

further('forms and links work without JavaScript', async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url);
  await page.locator('#q').fill('web-2');
  await page.locator('.search .field button').click();
  expect(page.url()).toContain('?q=web-2');
  expect(await page.locator('#found').textContent()).toBe('10 hosts');
  await page.locator('summary', { hasText: 'Filters' }).click();
  await page.locator('#q').fill('');
  await page.locator('select[name=os]').selectOption('Ubuntu Linux');
  await page.locator('.apply button').click();
  expect(await page.locator('#found').textContent()).toBe('30 hosts');
  await page.goto(url);
  await page.locator('a[rel=next]').click();
  await page.locator('a.name').last().click();
  expect(page.url()).toMatch(/\/hosts\/h[0-9a-f]{20}$/);
});

further('the page asks for the token, and logging out removes the session', async () => {
  const page = await open();
  await page.goto(`${locked}/runs`);
  expect(page.url()).toBe(`${locked}/login?next=%2Fruns`);
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.locator('#token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${locked}/runs`);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  expect(await page.evaluate('document.cookie')).toBe('');

  // When the session ends while the user types, the page opens the login.
  await page.goto(locked);
  await page.context().clearCookies();
  await page.locator('#q').fill('web');
  await page.waitForURL('**/login?**');
  await page.locator('#token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${locked}/login`);
  expect(await page.context().cookies()).toEqual([]);
});

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

test('markup in a machine name is shown as text, and on a phone no page is wider than the screen', async () => {
  const page = await open(PHONE);
  for (const at of [...pages.map((path) => url + path), `${locked}/login`]) {
    await page.goto(at);
    const text = (await page.locator('body').textContent())!;
    if (!/^\/(?:$|reports|nothing|login)/.test(new URL(at).pathname + new URL(at).search))
      expect([at, text]).toEqual([at, expect.stringContaining('<script>')]);
    expect(await page.locator('body script, body img[src=x]').count()).toBe(0);
    await unfold(page);
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([at, wide]).toEqual([at, 0]);
  }
  await page.goto(url);
  await page.locator('#q').fill(attacked);
  await page.locator('#found', { hasText: /^1 host$/ }).waitFor();
  expect(await page.locator('a.name').textContent()).toContain('<script>');
  expect(await page.evaluate('window.attacked')).toBeUndefined();
  expect(page.consoleErrors.filter((text) => !text.includes('404'))).toEqual([]);
});

test('characters that reverse or hide text are shown as replacement characters', async () => {
  const id = await stand.hostOf('qualys:5');
  await stand.store.hosts.updateOne({ _id: id }, { $set: { 'device.model': 'exe.\u202Egpj\u0007\u061c' } });
  const page = await open();
  await page.goto(`${url}/hosts/${id}`);
  expect(await page.locator('dd', { hasText: 'gpj' }).locator('.value').textContent()).toBe(
    'exe.\uFFFDgpj\uFFFD\uFFFD',
  );
});

// The audits take a third of the time of the browser.
further('axe finds no violation on any page, in light and dark mode', async () => {
  // The test injects axe into the page. The content security policy of the page forbids that, so only this test turns
  // it off.
  const page = await open({ bypassCSP: true });
  const found: string[] = [];
  for (const at of [...pages.map((path) => url + path), `${locked}/login`]) {
    await page.goto(at);
    await unfold(page);
    await page.evaluate(AXE);
    // All rows of a list are alike, so axe checks only the first ones.
    const where = { exclude: [['tbody tr:nth-child(n+9)'], ['li:nth-child(n+9)']] };
    // Dark mode changes only the colours.
    for (const [colorScheme, options] of [
      ['light', {}],
      ['dark', { runOnly: ['color-contrast'] }],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations, passes } = (await page.evaluate(
        `axe.run(${JSON.stringify(where)}, ${JSON.stringify({ ...options, resultTypes: ['violations'] })})`,
      )) as AxeResult;
      expect(passes.map(({ id }) => id)).toContain('color-contrast');
      for (const { id, impact, nodes } of violations)
        found.push(`${colorScheme} ${at.slice(0, 60)}: ${impact} ${id} ${nodes[0]!.html.slice(0, 200)}`);
    }
  }
  expect(found).toEqual([]);
});
