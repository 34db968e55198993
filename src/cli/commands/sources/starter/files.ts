import { authPart } from './auth.js';
import { indent, prefixOf, type Starter } from './choices.js';
import { DATASET_PARTS } from './dataset.js';
import { PAGING_PARTS } from './paging.js';

/** The three files of a new source, as text. */
export interface StarterFiles {
  source: string;
  fixture: string;
  test: string;
  /** The variables that the user must set. */
  variables: string[];
}

export function starterFiles(starter: Starter): StarterFiles {
  const { variables } = authPart(starter.auth, starter.name);
  return {
    source: sourceFile(starter),
    fixture: `${JSON.stringify({ items: DATASET_PARTS[starter.dataset].fixture, ...PAGING_PARTS[starter.paging].page }, undefined, 2)}\n`,
    test: testFile(starter),
    variables: [`${prefixOf(starter.name)}_URL`, ...variables],
  };
}

function sourceFile({ name, dataset, paging, auth, inProject }: Starter): string {
  const prefix = prefixOf(name);
  const data = DATASET_PARTS[dataset];
  const pages = PAGING_PARTS[paging];
  const proof = authPart(auth, name);
  const lines = [
    ...imports([...proof.imports, ...pages.imports, 'httpInput', 'httpRows'], inProject),
    ...mappingImports(data.imports, inProject),
    '',
    "/** Where a page holds its records, and the values that its pagination needs. TODO: the vendor's paths. */",
    pages.envelope,
    '',
    `/** TODO: what ${name} lists, in one sentence. */`,
    'export default defineSource({',
    `  name: '${name}', // the name of the file`,
    `  vendor: '${name}',`,
    `  dataset: '${dataset}',`,
    `  docs: 'https://example.com/', // TODO: the vendor's page about this API`,
    '  settings: {',
    `    url: setting.url('${prefix}_URL', { help: 'base URL of the API' }),`,
    ...indent(proof.settings, 4),
    `    pageSize: setting.integer('${prefix}_PAGE_SIZE', { help: 'records a page', min: 1, max: 1000, default: '100' }),`,
    '  },',
    ...indent(data.listing, 2),
    '  mapping: 1, // raised whenever map() changes its meaning',
    `  input: ({ url, ${proof.names.join(', ')}, pageSize }) =>`,
    '    httpInput({',
    `      source: '${name}',`,
    '      base: url,',
    ...indent(proof.lines, 6),
    `      headers: { accept: 'application/json' },`,
    '      // TODO: path and parameters of the vendor.',
    ...indent(pages.lines, 6),
    '      envelope,',
    '      remedies: {',
    `        'credentials-rejected': '${proof.remedy}',`,
    '      },',
    '    }),',
    '  decode: httpRows(envelope),',
    '  // A pure function of a raw record: it returns an observation or rejects the record with a reason.',
    '  map(raw: unknown) {',
    '    const record = Object(raw) as Record<string, unknown>;',
    `    const id = text(record['id']);`,
    `    if (id === undefined) throw new RecordRejected('id is missing');`,
    ...indent(data.map, 4),
    '  },',
    '});',
    ...(pages.helpers.length > 0 ? ['', ...pages.helpers] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const SOURCE = ['defineSource', 'RecordRejected'];

function imports(connector: string[], inProject: boolean): string[] {
  const list = (names: string[]) => [...new Set(names)].sort((a, b) => bare(a).localeCompare(bare(b))).join(', ');
  const bare = (name: string) => name.replace('type ', '');
  if (!inProject) return [`import { ${list([...connector, ...SOURCE, 'setting'])} } from 'rollcall';`];
  const failure = connector.includes('Failure') ? [`import { Failure } from '../../model/failure.js';`] : [];
  return [
    `import { ${list(connector.filter((name) => name !== 'Failure'))} } from '../../connectors/http/index.js';`,
    ...failure,
    `import { setting } from '../../model/settings.js';`,
    `import { ${SOURCE.join(', ')} } from '../../model/source.js';`,
  ];
}

function mappingImports(modules: Record<string, string[]>, inProject: boolean): string[] {
  if (inProject)
    return Object.entries(modules).map(
      ([module, names]) => `import { ${names.join(', ')} } from '../../${module}.js';`,
    );
  return [`import { ${Object.values(modules).flat().sort().join(', ')} } from 'rollcall/mapping';`];
}

function testFile({ name, dataset, auth, inProject }: Starter): string {
  const prefix = prefixOf(name);
  const data = DATASET_PARTS[dataset];
  const { variables } = authPart(auth, name);
  const file = inProject ? 'source' : name;
  const lines = [
    `import assert from 'node:assert/strict';`,
    ...(inProject ? [] : [`import { test } from 'node:test';`]),
    ...(inProject
      ? [
          `import { Failure } from '../../../src/model/failure.js';`,
          `import { readAll, serve, type TestRequest } from '../../../src/sources/testing/index.js';`,
          `import source from '../../../src/sources/${name}/source.js';`,
        ]
      : [
          `import { Failure } from 'rollcall';`,
          `import { readAll, serve, type TestRequest } from 'rollcall/testing';`,
          `import source from './${name}.js';`,
        ]),
    `import fixture from './${file}.fixture.json';`,
    '',
    ...(auth === 'client-credentials' ? [`const LOGIN = '/oauth2/token';`, ''] : []),
    'let pages = 0;',
    '/** Responds like the vendor: the fixture is the first page, and the next one is empty. */',
    'function vendor(asked: TestRequest) {',
    ...(auth === 'client-credentials'
      ? [`  if (asked.path === LOGIN) return { json: { access_token: 'made-up', expires_in: 600 } };`]
      : []),
    `  assert.equal(asked.path, '/items'); // TODO: the path in the source file`,
    '  return { json: pages++ === 0 ? fixture : { ...fixture, items: [] } }; // TODO: the key of the list',
    '}',
    '',
    `const settings = (url: string) => ({ ${prefix}_URL: url, ${variables.map((variable) => `${variable}: 'made-up'`).join(', ')} });`,
    '',
    `test('both records of the fixture are read', async () => {`,
    '  const server = await serve(vendor);',
    '  try {',
    '    const { records, rejected } = await readAll(source, settings(server.url));',
    '    assert.deepEqual(rejected, []);',
    '    const ids = records.map(({ id }) => id);',
    '    // TODO: the ids and values of your fixture.',
    `    assert.deepEqual(ids, [${data.fixture.map(({ id }) => `'${String(id)}'`).join(', ')}]);`,
    '    assert.ok(records[0]);',
    ...indent(data.asserts, 4),
    '  } finally {',
    '    await server.close();',
    '  }',
    '});',
    '',
    `test('an invalid record is rejected with a reason', () => {`,
    `  for (const raw of [{}, null, [], 'text']) assert.throws(() => source.map(raw), { name: 'RecordRejected' });`,
    '});',
    '',
    `test('rejected credentials are reported as such, without showing them', async () => {`,
    '  const server = await serve(() => ({ status: 401, json: {} }));',
    '  try {',
    '    await assert.rejects(readAll(source, settings(server.url)), (error: unknown) => {',
    '      assert.ok(error instanceof Failure);',
    `      assert.equal(error.kind, 'credentials-rejected');`,
    "      assert.ok(!JSON.stringify([error.message, error.details]).includes('made-up'));",
    '      return true;',
    '    });',
    '  } finally {',
    '    await server.close();',
    '  }',
    '});',
  ];
  return `${lines.join('\n')}\n`;
}
