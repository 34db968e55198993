import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { EXIT } from '../../shared/exit.js';
import { shownPath } from '../../../diagnostics/source/definition.js';
import { sourceNamed } from '../../../diagnostics/source/find.js';

const runner = join(__dirname, '../../../sources/testing/run.js');

export const testCommand = new Command('test')
  .description('run the test next to a source of your own, NAME.test.ts or NAME.test.js, with Node’s test runner')
  .argument('<source>', 'a source, or the path of a test file')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- sources test acme\n  npm run rollcall -- sources test sources/acme.test.ts',
  )
  .action(async (name: string) => {
    const file = testFile(name);
    process.stderr.write(`${shownPath(file)}\n`);
    const child = spawn(process.execPath, ['--enable-source-maps', '--test-reporter=spec', runner, file], {
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code === 0 ? EXIT.ok : EXIT.incomplete;
  });

function testFile(name: string): string {
  if (/\.test\.[jt]s$/.test(name)) {
    if (existsSync(name)) return name;
    throw new Failure('settings-invalid', `There is no file ${name}`, { remedy: 'Give the path of a test file' });
  }
  const { file } = sourceNamed(loadConfig(), name);
  const base = file.replace(/\.[jt]s$/, '');
  const found = [`${base}.test.ts`, `${base}.test.js`].find((file) => existsSync(file));
  if (found) return found;
  throw new Failure('settings-invalid', `${shownPath(file)} has no test next to it`, {
    remedy: `Write ${shownPath(base)}.test.ts; those of the project’s own sources are run by npm test`,
  });
}
