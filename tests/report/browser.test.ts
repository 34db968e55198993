import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { writeReport } from '../../src/report/report.js';
import type { Store } from '../../src/store/database.js';
import { plant } from './attack.js';
import { AS_OF, fillTheRest, fleetOf, store as put } from './fleet.js';
import { dropStore, freshStore } from '../support/store.js';
import { soakTest } from '../support/soak.js';

/** The page in a real Chromium: it runs no script, fetches nothing, and is accessible. */
const executablePath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path && existsSync(path));
const withBrowser = executablePath ? test : test.skip;
/** For tests that need seconds of browser time and only add further checks. */
const further = executablePath ? soakTest : test.skip;
if (!executablePath)
  process.stderr.write('There is no Chromium here: the report is not tried in one (CHROMIUM names another path)\n');

const dir = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
const stores: Store[] = [];
const pages: Record<'usual' | 'planted' | 'empty', string> = { usual: '', planted: '', empty: '' };
let browser: Browser;

beforeAll(async () => {
  if (!executablePath) return;
  for (const name of ['usual', 'planted', 'empty'] as const) {
    const store = await freshStore();
    stores.push(store);
    if (name === 'usual') {
      await put(store, fleetOf(60, 3));
      await fillTheRest(store);
    }
    if (name === 'planted') await plant(store);
    const report = await writeReport(store, { dir, asOf: AS_OF, day: name, formats: ['html'] });
    pages[name] = pathToFileURL(join(report.dir, 'index.html')).href;
  }
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(async () => {
  await browser?.close();
  for (const store of stores) {
    await dropStore(store);
  }
  rmSync(dir, { recursive: true, force: true });
});

const SCREENS = [
  { name: 'desktop', viewport: { width: 1360, height: 900 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1360, height: 900 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
] as const;

/** Opens a page and all its `details`. Returns everything that the page does except rendering. */
async function open(url: string, work: (page: Page) => Promise<void>): Promise<string[]> {
  const activity: string[] = [];
  const context = await browser.newContext({ viewport: SCREENS[0].viewport, bypassCSP: false });
  const page = await context.newPage();
  page.on('console', (message) => activity.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => activity.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    activity.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) activity.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  await page.locator('details').evaluateAll((all) => {
    for (const each of all) each.setAttribute('open', '');
  });
  await page.mouse.move(200, 400);
  await work(page);
  await context.close();
  return activity;
}

/** Shows a page on each screen. */
async function onEachScreen(page: Page, look: (screen: (typeof SCREENS)[number]) => Promise<void>): Promise<void> {
  for (const screen of SCREENS) {
    await page.setViewportSize(screen.viewport);
    await page.emulateMedia({ colorScheme: screen.colorScheme });
    await look(screen);
  }
}

withBrowser.each(['usual', 'planted', 'empty'] as const)(
  '%s: on every screen the page runs nothing, fetches nothing, and is not wider than the screen',
  async (name) => {
    const activity = await open(pages[name], (page) =>
      onEachScreen(page, async (screen) => {
        const wide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect([screen.name, wide]).toEqual([screen.name, 0]);
        // The browser applies the style, so the policy has the hash of the style.
        expect(await page.evaluate(`getComputedStyle(document.querySelector('.headlines')).display`)).toBe('grid');
      }),
    );
    expect(activity).toEqual([]);
  },
);

/** The rules that can fail on one screen and not on the one before: colours in dark mode, space on a phone. */
const RULES = {
  desktop: undefined,
  dark: ['color-contrast'],
  phone: ['scrollable-region-focusable', 'target-size', 'meta-viewport'],
};

// Audits take most of the browser's time here.
further.each(['usual', 'empty'] as const)('%s: axe finds no violation on any screen', async (name) => {
  await open(pages[name], async (page) => {
    // Run axe from the debugger, because the policy of the page rejects scripts.
    const session = await page.context().newCDPSession(page);
    const source = (jest.requireActual('axe-core') as { source: string }).source;
    await session.send('Runtime.evaluate', { expression: source });
    await onEachScreen(page, async (screen) => {
      const options = JSON.stringify(RULES[screen.name] ? { runOnly: RULES[screen.name] } : {});
      const { result } = await session.send('Runtime.evaluate', {
        // Skip further rows of a table, because they are alike.
        expression: `axe.run({ exclude: [['tbody tr:nth-child(n+4)']] }, ${options}).then(({ passes, violations }) => JSON.stringify([passes.length > 0, violations.map(({ id, impact, nodes }) => [id, impact, nodes.length, nodes[0].html.slice(0, 200)])]))`,
        awaitPromise: true,
        returnByValue: true,
      });
      expect([screen.name, JSON.parse(String(result.value))]).toEqual([screen.name, [true, []]]);
    });
  });
});

further('the printed page is light, whatever the screen is, and contains only the charts', async () => {
  const context = await browser.newContext({ colorScheme: 'dark' });
  const page = await context.newPage();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.goto(pages.usual);
  expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(28, 39, 51)');
  expect(await page.locator('nav').isVisible()).toBe(false);
  expect(await page.locator('figure svg').count()).toBeGreaterThan(15);
  await context.close();
});

withBrowser('each chart has a text label, a table and its query', async () => {
  await open(pages.usual, async (page) => {
    const figures = page.locator('article:not(.empty)');
    const count = await figures.count();
    expect(count).toBeGreaterThan(15);
    const descriptions = await figures.evaluateAll((all) =>
      all.map((figure) => [
        figure.querySelector('svg')!.getAttribute('aria-label')!.length > 20,
        figure.querySelector('table')!.querySelectorAll('tbody tr').length > 0,
        figure.querySelector('pre')!.textContent,
      ]),
    );
    expect(descriptions).toEqual(descriptions.map(() => [true, true, expect.stringMatching(/^db\.getCollection\(/)]));
  });
});

further('without data each chart shows a message', async () => {
  await open(pages.empty, async (page) => {
    expect(await page.locator('figure').count()).toBe(0);
    expect(await page.locator('article .nothing').count()).toBeGreaterThan(12);
    expect(await page.locator('.unused').allTextContents()).toEqual([
      'No login events are stored.',
      'No events are stored.',
    ]);
  });
});
