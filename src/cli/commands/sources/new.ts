import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { loadConfig, OWN_SOURCES, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { shownPath } from '../../../diagnostics/source/definition.js';
import { findSources } from '../../../diagnostics/source/find.js';
import { AUTHS, DATASETS, PAGINGS, type Starter } from './starter/choices.js';
import { starterFiles } from './starter/files.js';

interface Options extends Pick<Starter, 'dataset' | 'paging' | 'auth'> {
  folder?: string;
}

const ROOT = join(__dirname, '../../../../..');

export const newCommand = new Command('new')
  .description('write a starter file for a new source, with a fixture and a test that runs')
  .argument('<name>', 'its name: lower-case letters, digits and dashes')
  .addOption(new Option('--dataset <what>', 'what its records are').choices(DATASETS).default('hosts'))
  .addOption(new Option('--paging <how>', 'how its pages are requested').choices(PAGINGS).default('offset'))
  .addOption(new Option('--auth <how>', 'how requests authenticate').choices(AUTHS).default('header'))
  .option(
    '--folder <dir>',
    `target folder: the first folder of ROLLCALL_SOURCES, else ${OWN_SOURCES}; src/sources for a source of the project itself`,
  )
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- sources new acme --paging cursor --auth bearer\n' +
      '  npm run rollcall -- sources new acme --folder src/sources',
  )
  .action((name: string, { folder, dataset, paging, auth }: Options) => {
    const config = loadConfig();
    rejectInvalidName(config, name);
    const into = resolve(folder ?? config.sourceFolders[0] ?? OWN_SOURCES);
    const inProject = into === join(ROOT, 'src', 'sources');
    // In the project each vendor has its own folder.
    const [at, tests, file] = inProject
      ? [join(into, name), join(ROOT, 'tests', 'sources', name), 'source']
      : [into, into, name];
    const files = starterFiles({ name, dataset, paging, auth, inProject });
    const written = [
      { path: join(at, `${file}.ts`), text: files.source },
      { path: join(tests, `${file}.fixture.json`), text: files.fixture },
      { path: join(tests, `${file}.test.ts`), text: files.test },
    ];
    const taken = written.find(({ path }) => existsSync(path));
    if (taken)
      throw new Failure('settings-invalid', `${shownPath(taken.path)} exists: nothing was written`, {
        remedy: 'Choose another name or folder; a file is never replaced',
      });
    for (const { path, text } of written) write(path, text);
    const [source = ''] = written.map(({ path }) => shownPath(path));
    process.stdout.write(`${written.map(({ path }) => `Wrote ${shownPath(path)}`).join('\n')}\n\n`);
    process.stdout.write(`${nextSteps(config, name, source, into, inProject, files.variables).join('\n')}\n`);
  });

function rejectInvalidName(config: Config, name: string): void {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new Failure('settings-invalid', `${name} cannot be the name of a source`, {
      remedy: 'It is lower-case letters, digits and dashes, up to 40, and begins with a letter',
    });
  const { registry } = findSources(config);
  if (registry.names().includes(name))
    throw new Failure('settings-invalid', `There is a source ${name} already: ${shownPath(registry.fileOf(name))}`, {
      remedy: 'Choose another name',
    });
}

function write(path: string, text: string): void {
  try {
    if (mkdirSync(join(path, '..'), { recursive: true }) !== undefined) chmodSync(join(path, '..'), 0o755);
    writeFileSync(path, text, { flag: 'wx' });
    // The file is code without inventory data, and a container reads it as another user.
    chmodSync(path, 0o644);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Failure('settings-invalid', `${shownPath(path)} cannot be written (${code})`, {
      remedy: 'Choose another folder with --folder',
    });
  }
}

function nextSteps(
  config: Config,
  name: string,
  source: string,
  folder: string,
  inProject: boolean,
  variables: readonly string[],
): string[] {
  // The configuration has the default folder only if the folder existed before this command.
  const byDefault = config.sourceFolders.length === 0 && folder === resolve(OWN_SOURCES);
  const isLoaded = inProject || byDefault || config.sourceFolders.includes(folder);
  const folders = [...config.sourceFolders, folder].map(shownPath).join(',');
  const env = [...(isLoaded ? [] : [`ROLLCALL_SOURCES=${folders}`]), ...variables.map((variable) => `${variable}=`)];
  const test = inProject
    ? `npm test -- tests/sources/${name}/source.test.ts`
    : `npm run rollcall -- sources test ${source.replace(/\.ts$/, '.test.ts')}`;
  return [
    'Next:',
    `  1. It runs as it is, on two made-up records:   ${test}`,
    `  2. Fill in what ${source} and its test mark with TODO, and put a page of the vendor’s into the fixture`,
    `  3. Put into .env${inProject ? ', .env.example and docker-compose.yml' : ''}:`,
    ...env.map((line) => `       ${line}`),
    `  4. Does the login work?                        npm run rollcall -- sources check ${name}`,
    `  5. What would be stored?                       npm run rollcall -- sources preview ${name}`,
    `  6. Restart the worker, and collect:            npm run trigger -- ${name} --wait`,
    'docs/adding-a-source.md describes every field.',
  ];
}
