import { Command, InvalidArgumentError } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import { Failure, behaviourOf } from '../../../model/failure.js';
import type { AnySource } from '../../../model/source.js';
import { EXIT } from '../../shared/exit.js';
import { check, type Checked, type CheckOptions } from '../../../diagnostics/source/check.js';
import { faultyOf, type Faulty } from '../../../diagnostics/source/definition.js';
import { faultOf, findSources } from '../../../diagnostics/source/find.js';
import { isPartlySet, settingLines } from '../../../diagnostics/source/settings.js';
import { checkedText, faultyText } from './check-text.js';

interface Options extends CheckOptions {
  json?: boolean;
}

export const checkCommand = new Command('check')
  .description('whether a source works: its file, its settings, the login and one request')
  .argument('[source...]', 'sources; without one, every source of which something is set')
  .option('--offline', 'its file and its settings alone: no request is made; without names, every source')
  .option('--timeout <seconds>', 'how long a source may take to give a page', seconds, 30)
  .option('--json', 'print the result as one JSON object')
  .addHelpText(
    'after',
    '\nIt exits with 0 when all is well, 2 for a wrong file or setting, 4 when a vendor rejects the request, 5 when one does not respond.' +
      '\n\nExamples:\n  npm run rollcall -- sources check\n  npm run rollcall -- sources check qualys --offline',
  )
  .action(async (names: string[], options: Options) => {
    const config = loadConfig();
    const found = findSources(config);
    const { registry } = found;
    const faulty = found.faults.map(faultyOf);
    // A source with a faulty file gets the error of the file instead of "unknown source".
    for (const name of names) if (!faultOf(found, name)) registry.get(name);
    const sources = chosen(config, registry.all(), names, options.offline ?? false);
    if (sources.length + faulty.length === 0) throw none(registry.names());
    const checked: Checked[] = [];
    // One after the other, because concurrent requests could not be attributed.
    for (const source of sources) checked.push(await check(source, registry.fileOf(source.name), config, options));
    if (options.json) process.stdout.write(`${JSON.stringify({ sources: checked, faulty })}\n`);
    else process.stdout.write(`${[...faulty.map(faultyText), ...checked.map(checkedText)].join('\n\n')}\n`);
    process.exitCode = exitOf(checked, faulty);
  });

function chosen(config: Config, all: readonly AnySource[], names: readonly string[], offline: boolean): AnySource[] {
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return all.filter((source) => offline || isPartlySet(settingLines(source, config.environment)));
}

const none = (names: readonly string[]) =>
  new Failure('settings-invalid', 'No source is configured', {
    remedy: `Fill in .env (see .env.example), or check definitions alone with --offline. There are ${names.join(', ')}`,
  });

/** If there are several errors, the exit code of one that the user can fix here takes precedence. */
function exitOf(checked: readonly Checked[], faulty: readonly Faulty[]): number {
  const codes = checked.map(({ failure }) => (failure ? behaviourOf(failure.kind).exitCode : EXIT.ok) as number);
  if (faulty.length > 0) codes.push(EXIT.usage);
  return [EXIT.usage, EXIT.dependency, EXIT.incomplete].find((code) => codes.includes(code)) ?? EXIT.ok;
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError('It is a number of seconds, up to 3600.');
  return value;
}
