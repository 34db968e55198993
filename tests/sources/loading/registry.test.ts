import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../../src/model/failure.js';
import { loadSources } from '../../../src/sources/loading/registry.js';
import { rowsOf } from '../../../src/sources/decode.js';
import { collect, inputOfSource } from '../../connectors/http/collect.js';
import { sendJson, serve } from '../../support/http-server.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-sources-'));
  mkdirSync(join(folder, 'acme'));
  put('acme/id.ts', 'export const idOf = (asset: { key: string }): string => asset.key;');
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const load = () => loadSources({ folders: [folder] });

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

/** A complete source as a user writes it, with one line replaced. */
const acme = (from = '', to = '') =>
  `import { defineSource, header, httpInput, httpRows, offset, setting } from 'rollcall';
import { idOf } from './acme/id.js';

const settings = {
  url: setting.url('ACME_URL', { help: 'base URL' }),
  token: setting.secret('ACME_TOKEN', { help: 'token' }),
};
interface Asset { key: string }
export default defineSource({
  name: 'acme',
  vendor: 'acme',
  dataset: 'hosts',
  docs: 'https://acme.test/docs',
  settings,
  schedule: { cron: '0 3 * * *', timezone: 'Europe/Vienna' },
  listing: 'full',
  mapping: 1,
  decode: httpRows({ records: 'assets' }),
  input: ({ url, token }) => httpInput({
    source: 'acme',
    base: url,
    auth: header('token', token),
    request: ({ skip, limit }) => ({ method: 'GET', path: '/assets', query: { skip, limit } }),
    paging: offset({ limit: 2 }),
    envelope: { records: 'assets' },
  }),
  map: (raw: unknown) => ({
    id: idOf(raw as Asset),
    observation: { device: { type_id: 0 }, class: 'machine', external_ips: [], tags: [] },
  }),
});
`.replace(from, to);

function putAcme(from?: string, to?: string): void {
  put('acme.ts', acme(from, to));
}

test('the sources of the project are found by their files', () => {
  const registry = loadSources();
  expect(registry.names()).toEqual(
    expect.arrayContaining(['crowdstrike', 'crowdstrike-demo', 'qualys', 'qualys-demo']),
  );
  expect(registry.all().map(({ name }) => name)).toEqual(registry.names());
  expect(registry.get('qualys').vendor).toBe('qualys');
});

test('the rows of a stored page are read without any setting', () => {
  const bodies: Record<string, string> = {
    'qualys-demo': '[{"id":1}]',
    'crowdstrike-demo': '[{"id":1}]',
    events: '{"id":1}',
    logins: '{"Messages":[{"id":1}]}',
  };
  for (const source of loadSources().all()) {
    const body = Buffer.from(bodies[source.name] ?? '{}');
    const rows = () => [...rowsOf(source, { body, mediaType: 'application/json', status: 200 })];
    if (bodies[source.name]) expect(rows()).toMatchObject([{ value: { id: 1 } }]);
    else expect(failureOf(rows)).toMatchObject({ kind: 'response-mismatch', details: { source: source.name } });
  }
});

test('a TypeScript file in a folder outside the project is a working source', async () => {
  putAcme();
  const source = load().get('acme');
  const server = await serve(({ query }, response) =>
    sendJson(response, { assets: query.get('skip') === '0' ? [{ key: 'a' }] : [] }),
  );
  const input = inputOfSource(source, { ACME_URL: server.url, ACME_TOKEN: 'x' });
  const { rows } = await collect(input);
  expect(rows.map((row) => source.map(row).id)).toEqual(['a']);
  await server.close();
});

test('a JavaScript source can be an ES module or CommonJS', () => {
  const body = `{ name: 'NAME', vendor: 'x', dataset: 'hosts', docs: 'https://x.test', settings: {}, listing: 'full', mapping: 1, input() {}, decode() {}, map() {} }`;
  put(
    'modern.js',
    `import { defineSource } from 'rollcall';\nimport { Failure } from 'rollcall';\nif (!Failure) throw new Error();\nexport default defineSource(${body.replace('NAME', 'modern')});`,
  );
  put(
    'classic.js',
    `const { defineSource } = require('rollcall');\nmodule.exports = defineSource(${body.replace('NAME', 'classic')});`,
  );
  expect(load().names()).toEqual(expect.arrayContaining(['classic', 'modern']));
});

test.each([
  ["name: 'acme'", "name: 'acme2'", 'name is acme2, but must equal the name of the file'],
  ["cron: '0 3 * * *'", "cron: '0 3 * *'", 'schedule.cron: is not a cron expression: it must have five fields'],
  ["'Europe/Vienna'", "'Europe/Wien2'", 'schedule.timezone: must be an IANA time zone'],
  ["listing: 'full'", "listing: 'some'", 'listing: must be full, incremental, append or queue'],
  ['mapping: 1', 'mapping: 0', 'mapping: must be 1 or more'],
  ['mapping: 1', 'maping: 1', 'Unrecognized key: "maping"'],
  ["vendor: 'acme'", "vendor: 'Acme Inc'", 'vendor: must be lower-case'],
  ["docs: 'https://acme.test/docs'", "docs: 'docs'", 'docs: must be the address'],
  ['map: (raw', 'map: 7, other: (raw', 'map: must be a function'],
  ["setting.url('ACME_URL'", "setting.url('acme url'", 'settings.url.env: must be an environment variable'],
  [
    "help: 'base URL' }",
    "help: 'base URL', default: 'none' }",
    'settings.url: has a default that its own schema rejects',
  ],
  ['export default defineSource(', 'export default defineSorce(', 'cannot be loaded: defineSorce is not defined'],
  ['export default', 'const helper = () => nothere(1);\nexport default', 'nothere is not defined (line '],
  ['const settings = {', 'const settings = {{', 'cannot be loaded: Unexpected token `{`'],
  ["from './acme/id.js'", "from './acme/none.js'", 'cannot be loaded: Cannot find module'],
])('a definition with %s changed to %s is rejected with one sentence that names file and fault', (from, to, fault) => {
  putAcme(from, to);
  const failure = failureOf(load);
  expect(failure.kind).toBe('settings-invalid');
  expect(failure.message).toContain(join(folder, 'acme.ts'));
  expect(failure.message).toContain(fault);
  expect(failure.message).not.toContain('\n');
});

test('a call of a name that is not imported, or that the module does not export, is reported with its line', () => {
  put('a.ts', `import { tokn } from 'rollcall';\n// é\nexport const page = () =>\n  tokn({ limit: 1 });`);
  expect(failureOf(load).message).toMatch(
    /a\.ts cannot be loaded: tokn is not in rollcall, did you mean token \(line 4\)$/,
  );
  put('a.ts', `import { text } from 'rollcall/mapping';\nexport const page = () => {\n  return txt(1);\n};`);
  expect(failureOf(load).message).toMatch(/txt is not defined, did you mean text \(line 3\)$/);
});

test('a call of a declared name is not reported, whatever declares the name', () => {
  put(
    'a.ts',
    `import * as all from 'rollcall';
     import one, { Failure as Broken } from 'rollcall';
     declare function outside(): void;
     const { a, b: [c, ...d], ...e } = Object({ b: [1] }), f = ({ g }: { g: () => void }, h = () => 1, ...i: (() => void)[]) => { g(); h(); i(); };
     class K { static m(n: () => void) { n(); new K(); } }
     function* o(p: () => void) { p(); yield o; try { q(); } catch (r) { r(); } }
     const q = function s() { s(); };
     enum T { U }
     for (const v of [() => 1]) v();
     export const use = () => { a(); c(); d(); e(); f(); one(); new Broken(); all(); outside(); o(); T(); structuredClone(1); require('x'); new Map(); import('y'); super_(); };
     const super_ = (w: any) => ((x: any) => x())(w);`,
  );
  expect(load().names()).not.toContain('a');
});

test('a name that two files declare, a missing folder and a file without a default export are each reported', () => {
  put('qualys.ts', acme("name: 'acme'", "name: 'qualys'"));
  expect(failureOf(load).message).toMatch(
    /qualys\.ts declares the source qualys, which .*qualys\/source\.ts declares already/,
  );
  const missing = failureOf(() => loadSources({ folders: [join(folder, 'none')] }));
  expect(missing).toMatchObject({ kind: 'settings-invalid', message: expect.stringContaining('none cannot be read') });
  rmSync(join(folder, 'qualys.ts'));
  putAcme('export default defineSource(', 'export const source = defineSource(');
  expect(failureOf(() => load().get('acme')).message).toContain('has no default export made by defineSource()');
});

test('the error for an unknown name suggests the nearest one', () => {
  const registry = loadSources();
  expect(failureOf(() => registry.get('qualis')).message).toBe('There is no source qualis, did you mean qualys');
  expect(failureOf(() => registry.get('CrowdStrike-Demo')).message).toMatch(/did you mean crowdstrike-demo$/);
  const far = failureOf(() => registry.get('tenable'));
  expect(far.message).toBe('There is no source tenable');
  expect(far.details.remedy).toContain('crowdstrike, crowdstrike-demo');
});
