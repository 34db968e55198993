import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { starterFiles } from '../../../../src/cli/commands/sources/starter/files.js';
import { STARTERS } from './starters.js';

/** Compiles the files that `sources new` writes, with the settings of the project. */
const ROOT = join(__dirname, '../../../..');
const dir = mkdtempSync(join(tmpdir(), 'rollcall-starters-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the written files pass the strict type check with each paging, authentication and dataset', async () => {
  mkdirSync(join(dir, 'sources'));
  for (const [at, combination] of STARTERS.entries()) {
    const files = starterFiles({ ...combination, name: `acme-${at}`, inProject: false });
    const write = (end: string, text: string) => writeFileSync(join(dir, 'sources', `acme-${at}.${end}`), text);
    write('ts', files.source);
    write('fixture.json', files.fixture);
    write('test.ts', files.test);
  }
  const options = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: '/',
      noEmit: true,
      incremental: false,
      tsBuildInfoFile: null,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      types: ['node'],
      paths: {
        rollcall: [join(ROOT, 'src/sources/public/index.ts')],
        'rollcall/mapping': [join(ROOT, 'src/sources/public/mapping.ts')],
        'rollcall/testing': [join(ROOT, 'src/sources/testing/index.ts')],
      },
    },
    include: [join(dir, 'sources')],
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(options));
  writeFileSync(join(dir, 'package.json'), '{}');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const errors = await new Promise<string>((resolve) =>
    execFile(process.execPath, [tsc, '-p', dir], (_error, out) => resolve(out)),
  );
  // Only errors in these files count. `npm run check` checks files that other tests change at the same time.
  expect(errors.split('\n').filter((line) => line.includes('acme-'))).toEqual([]);
  expect(errors).not.toMatch(/TS5|TS18003/);
});
