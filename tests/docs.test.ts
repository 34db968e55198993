import { readObservation } from '../src/store/stored-observation.js';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { spawnSync } from 'node:child_process';
import { basename, dirname, join, relative } from 'node:path';
import { hosts } from '../src/normalize/datasets/hosts.js';
import { denyListsOf } from '../src/host/canonical/deny-lists/index.js';
import { loadSources } from '../src/sources/loading/registry.js';
import { FAILURES } from '../src/model/failure.js';
import { openKeyRing } from '../src/privacy/key-ring.js';
import type { SourceDefinition } from '../src/model/source.js';
import { collect, inputOfSource } from './connectors/http/collect.js';
import { sendJson, serve } from './support/http-server.js';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** README.md and everything below docs/, by path. */
const pages = new Map<string, string>();
const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
for (const path of ['README.md', ...below]) if (path.endsWith('.md')) pages.set(path, read(path));

/** The results of `find` on all pages, each with its page: `README.md: npm run demo`. */
function onPages(find: (text: string, page: string) => Iterable<string>): string[] {
  return [...pages].flatMap(([page, text]) => [...new Set(find(text, page))].map((found) => `${page}: ${found}`));
}

const withoutFences = (text: string) => text.replace(/^ *```.*?^ *```/gms, '');

/** The anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...withoutFences(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('the README links to the main pages', () => {
  for (const name of ['architecture', 'adding-a-source', 'operating', 'failures', 'benchmarks'])
    expect(pages.get('README.md')).toContain(`docs/${name}.md`);
  expect(pages.size).toBeGreaterThan(10);
});

test('every npm script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing = onPages((text) =>
    [...text.matchAll(/\bnpm (?:run (?:-s )?)?([a-z][a-z:]*)/g)]
      .map(([, name]) => name!)
      .filter((name) => !['run', 'link'].includes(name) && !(name in scripts)),
  );
  expect(missing).toEqual([]);
  expect(onPages((text) => text.match(/npm run trigger/g) ?? []).length).toBeGreaterThan(2);
});

test('every option that a page names with a command belongs to that command', () => {
  const FILES: Record<string, string> = {
    bench: 'bench/main.ts',
    demo: 'src/cli/commands/demo/command.ts',
    verify: 'src/cli/commands/verify.ts',
  };
  const sourceOf = (command: string) => read(FILES[command] ?? `src/cli/commands/runs/${command}.ts`);
  const unknown = onPages((text) =>
    [...text.matchAll(/npm run (demo|trigger|schedule|replay|verify|bench) --([^\n`#|]*)/g)].flatMap(
      ([, command, rest]) =>
        [...rest!.matchAll(/(?<!\S)--[a-z-]+/g)]
          .map(([option]) => option)
          .filter((option) => !new RegExp(`'${option}[ ']`).test(sourceOf(command!)))
          .map((option) => `${command} ${option}`),
    ),
  );
  expect(unknown).toEqual([]);
});

test('every relative link leads to an existing file, and to an existing heading in it', () => {
  const broken = onPages((text, page) =>
    [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => {
        if (/^https?:/.test(target)) return false;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : relative(root, join(root, dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchorsOf(read(file)).has(anchor);
      }),
  );
  expect(broken).toEqual([]);
});

const PATH =
  /(?<![\w/.-])(?:src|tests|docs|simulator|bench|scripts|docker)\/[\w./-]*|(?<=`)(?:\.env\.example|[A-Z]+\.md|docker-compose\.yml|package\.json)(?=`)/g;

test('every file and folder of the project that a page names exists', () => {
  const missing = onPages((text) =>
    [...text.matchAll(PATH)]
      .map(([path]) => path.replace(/\.$/, ''))
      .filter((path) => !/\bNAME\b/.test(path) && !existsSync(join(root, path))),
  );
  expect(missing).toEqual([]);
});

test('every module of the project that a page imports into a source is public', () => {
  const known = [...read('src/sources/loading/module.ts').matchAll(/^ {2}'?(rollcall(?:\/\w+)?)'?: '/gm)].map(
    ([, name]) => name!,
  );
  expect(known).toContain('rollcall/mapping');
  const missing = onPages((text) =>
    [...text.matchAll(/from '(rollcall[\w/.-]*)'/g)].map(([, name]) => name!).filter((name) => !known.includes(name)),
  );
  expect(missing).toEqual([]);
});

test('every kind of failure has a heading, and every heading in code is a kind or another outcome', () => {
  const kinds = Object.keys(FAILURES);
  expect(kinds).toEqual(expect.arrayContaining(['unreachable', 'server-unavailable']));
  const headings = [...pages.get('docs/failures.md')!.matchAll(/^### `([a-z-]+)`$/gm)].map(([, kind]) => kind!);
  expect(headings.toSorted()).toEqual([...kinds, 'defect', 'fresh', 'busy'].toSorted());
});

test('every finding of a verification is explained', () => {
  const found = [...read('src/operations/verify/verify.ts').matchAll(/findings\.add\(\s*'([^']+)'/g)].map(
    ([, kind]) => kind!,
  );
  expect(found.length).toBeGreaterThan(5);
  expect(found.filter((kind) => !pages.get('docs/failures.md')!.includes(`\`${kind}\``))).toEqual([]);
});

test('the reference pages match the code', async () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/reference.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

test('every decision has its context, the decision, the alternatives and the consequences', () => {
  const decisions = [...pages].filter(([page]) => page.startsWith('docs/decisions/'));
  expect(decisions.length).toBeGreaterThan(5);
  for (const [page, text] of decisions) {
    expect(basename(page)).toMatch(/^\d{4}-\d\d-\d\d-[a-z-]+\.md$/);
    expect(text.match(/^## .*$/gm)).toEqual(['## Context', '## Decision', '## Alternatives', '## Consequences']);
  }
});

/** The source file that the README shows: its name, and its text. */
function exampleSource(): { name: string; text: string } {
  const [, text = ''] = /```ts\n(.*?)```/s.exec(pages.get('README.md')!)!;
  return { name: basename(/^\/\/ (\S+)/.exec(text)![1]!), text };
}

/** Variables for developers, or of Node itself: they are not for .env. */
const NOT_IN_ENV = [
  'AWS_ACCESS_KEY_ID',
  'ROLLCALL_DEBUG',
  'TEMPORAL_CLI',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_EXTRA_CA_CERTS',
];

test('every environment variable that a page names is in .env.example, or belongs to an example source', () => {
  const example = new Set([...read('.env.example').matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!));
  const declared = [...exampleSource().text.matchAll(/setting\.\w+\('([A-Z_]+)'/g)].map(([, name]) => name!);
  expect(declared).toHaveLength(2);
  const known = new Set([...example, ...declared, ...NOT_IN_ENV, 'SECONDS_TO_WAIT']);
  const toured = /sources new (\w+)/.exec(pages.get('docs/tour.md')!)![1]!.toUpperCase();
  const unknown = onPages((text) =>
    [...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)]
      .map(([name]) => name)
      .filter((name) => !known.has(name) && !name.startsWith(`${toured}_`)),
  );
  expect(unknown).toEqual([]);
  expect(onPages((text) => text.match(/ROLLCALL_SHRINK_SHARE/g) ?? [])).toContain('README.md: ROLLCALL_SHRINK_SHARE');
});

describe('the source that the README shows', () => {
  let folder: string;
  let source: SourceDefinition;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollcall-readme-'));
    const { name, text } = exampleSource();
    writeFileSync(join(folder, name), text);
    source = loadSources({ folders: [folder] }).get(name.replace('.ts', ''));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const system = (n: number) => ({
    _id: n.toString(16).padStart(24, '5f'),
    hostname: `LAPTOP-${n}.corp.example.com`,
    os: 'Mac OS X',
    version: '14.5',
    serialNumber: `C02XL0${n}`,
    remoteIP: '198.51.100.7',
    created: '2026-01-02T03:04:05.000Z',
    lastContact: '2026-11-20T10:00:00.000Z',
  });

  test('reads every system of the API, with its key, page by page', async () => {
    const systems = Array.from({ length: 250 }, (_, n) => system(n));
    const server = await serve(({ query }, response) => {
      const [skip, limit] = [Number(query.get('skip')), Number(query.get('limit'))];
      sendJson(response, { totalCount: systems.length, results: systems.slice(skip, skip + limit) });
    });
    try {
      const environment = { JUMPCLOUD_URL: server.url, JUMPCLOUD_API_KEY: 'key' };
      const input = inputOfSource(source, environment);
      const { rows, pages: read, failure } = await collect(input);
      expect(failure).toBeUndefined();
      expect(rows.map((row) => source.map(row).id)).toEqual(systems.map(({ _id }) => _id));
      expect(read[0]).toMatchObject({ rows: 100, total: 250 });
      expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/systems', headers: { 'x-api-key': 'key' } });
    } finally {
      await server.close();
    }
  });

  const place = { index: 0, offset: 0, length: 0 };
  const context = { denyLists: denyListsOf(), keys: openKeyRing(undefined) };

  test('maps a system to a host that matches another vendor’s record of the same serial', () => {
    const record = hosts.toRecord(source, source.map(system(7)), place, context);
    const { keys } = record;
    expect(readObservation(record)).toEqual({
      class: 'machine',
      device: expect.objectContaining({
        hostname: 'laptop-7.corp.example.com',
        hw_info: { serial_number: 'C02XL07' },
        last_seen_time: new Date('2026-11-20T10:00:00Z'),
      }),
      external_ips: [],
      tags: [],
    });
    expect(keys).toEqual(['fqdn::laptop-7.corp.example.com', 'name::laptop-7', 'serial::C02XL07']);
  });

  test('rejects a record without an id, and a value that is not an object, with a reason', () => {
    for (const raw of [{ hostname: 'x' }, null, 'text']) expect(() => source.map(raw)).toThrow('_id is missing');
  });
});
