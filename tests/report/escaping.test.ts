import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { cleanText } from '../../src/report/clean.js';
import { writeReport } from '../../src/report/report.js';
import type { Store } from '../../src/store/database.js';
import { PAYLOADS, plant } from './attack.js';
import { AS_OF } from './fleet.js';
import { dropStore, freshStore } from '../support/store.js';

/** Users choose the names of machines. In a report these names are only text. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
let store: Store;
const files = new Map<string, string>();
const membersOf = (of: object) => Object.getOwnPropertyNames(of).sort().join(' ');
const members = [Object.prototype, Object, Function.prototype, Array.prototype].map(membersOf);

beforeAll(async () => {
  store = await freshStore();
  await plant(store);
  const report = await writeReport(store, { dir, asOf: AS_OF, formats: ['html', 'svg', 'csv'] });
  for (const name of report.files) files.set(name, readFileSync(join(report.dir, name), 'utf8'));
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

const of = (ending: string) => [...files].filter(([name]) => name.endsWith(ending));

test('a report contains the planted names as text', () => {
  const page = files.get('index.html')!;
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).toContain('&quot;&gt;&lt;img src=x onerror=alert(2)&gt;');
  expect(of('.svg').some(([, svg]) => svg.includes('&lt;script'))).toBe(true);
  expect(of('.csv').some(([, csv]) => csv.includes('<script>alert(1)</script>'))).toBe(true);
});

test('no file contains an element or an attribute that could run or load something', () => {
  const executable = /<(script|img|iframe|object|embed|link|foreignObject|image|use|animate|set|base|form)\b/i;
  for (const [name, text] of [...of('.html'), ...of('.svg'), ...of('.json')]) {
    expect([name, executable.exec(text)?.[0]]).toEqual([name, undefined]);
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi))
      expect([
        name,
        /\s(on\w+|style|srcset|src|xlink:href)\s*=|javascript:|url\(/i.exec(
          tag.replace(/="[^"]*"/g, (value) => (/=\s*"javascript:/i.test(value) ? value : '=""')),
        )?.[0],
      ]).toEqual([name, undefined]);
  }
});

test('a machine named like a property of every object changes no object', () => {
  expect([Object.prototype, Object, Function.prototype, Array.prototype].map(membersOf)).toEqual(members);
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    const own: unknown = ({} as Record<string, unknown>)[name];
    if (typeof own === 'function') expect(Object.keys(own)).toEqual([]);
  }
  expect(of('.svg').some(([, svg]) => svg.includes('>__proto__<'))).toBe(true);
});

test('SVG is well-formed, and contains only shapes and text', () => {
  expect(of('.svg').length).toBeGreaterThan(15);
  for (const [name, svg] of of('.svg')) {
    const elements = new Set<string>();
    const parser = new SaxesParser();
    parser.on('opentag', (tag) => elements.add(tag.name));
    parser.on('error', (error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    parser.write(svg).close();
    for (const element of elements)
      expect(['svg', 'title', 'g', 'rect', 'path', 'text', 'tspan', 'line', 'polyline', 'polygon', 'circle']).toContain(
        element,
      );
  }
});

test('no file contains a control character, half a character or a change of text direction', () => {
  // eslint-disable-next-line no-control-regex
  const unfit = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
  for (const [name, text] of files) expect([name, unfit.exec(text)]).toEqual([name, null]);
  expect(cleanText('a\u0000b\ud800c')).toBe('a\ufffdb\ufffdc');
  expect(cleanText('😀'.repeat(400)).endsWith('😀…')).toBe(true);
});

test('no cell of a CSV file begins like a formula', () => {
  expect(of('.csv').length).toBeGreaterThan(10);
  let texts = 0;
  for (const [name, csv] of of('.csv'))
    for (const cell of cellsOf(csv)) {
      if (/^-?\d+(\.\d+)?$/.test(cell)) continue; // a number is a number
      texts += 1;
      expect([name, /^\s*[=+\-@\t\r]/.exec(cell)]).toEqual([name, null]);
    }
  expect(texts).toBeGreaterThan(500);
  expect(of('.csv').some(([, csv]) => csv.includes("'=cmd|"))).toBe(true);
});

/** Parses the cells of RFC 4180. */
function* cellsOf(csv: string): Generator<string> {
  for (const [, quoted, plain] of csv.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g))
    yield quoted?.replaceAll('""', '"') ?? plain ?? '';
}

test('the page’s policy allows its own style, and nothing else', () => {
  const page = files.get('index.html')!;
  expect(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]).toMatch(
    /^default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]{44}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;$/,
  );
  expect(page.match(/<style/g)).toHaveLength(1);
  expect(page).not.toMatch(/<[^>]*"\s*(?:https?:|\/\/)/);
});

test('the page stays small, whatever the names are', () => {
  expect(PAYLOADS.some((text) => text.length > 1_000)).toBe(true);
  const folder = join(dir, readdirSync(dir)[0]!);
  expect(statSync(join(folder, 'index.html')).size).toBeLessThan(1_500_000);
});
