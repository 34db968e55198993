import { Command, InvalidArgumentError } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import { Failure, type FailureKind } from '../../../model/failure.js';
import type { AnySource } from '../../../model/source.js';
import { EXIT } from '../../shared/exit.js';
import { ask } from '../../../diagnostics/source/ask.js';
import { doubtsOf } from '../../../diagnostics/source/doubts.js';
import { faultyOf, remarksOn, shownPath, type Faulty } from '../../../diagnostics/source/definition.js';
import { faultOf, findSources } from '../../../diagnostics/source/find.js';
import { brokenIn } from '../../../diagnostics/source/rehearse.js';
import { isMeant, settingLines, type SettingLine } from '../../../diagnostics/source/settings.js';
import { tellChecked, tellFaulty } from './check-text.js';
import { toldBy, type Told } from '../../../diagnostics/source/reported.js';

/** What a check of one source found. */
export interface Checked {
  name: string;
  file: string;
  remarks: string[];
  settings: SettingLine[];
  /** Absent: not asked, because of its settings or `--offline`. */
  answer?: Answer;
  failure?: { kind: FailureKind; message: string; remedy?: string };
}

interface Answer extends Told {
  /** From the first request (a login, mostly) to the page, milliseconds. */
  ms: number;
  requests: { method: string; at: string; status: number; ms: number }[];
  /** Records on the page that was asked for; absent when none came. */
  rows?: number;
  /** Records of the whole listing, where the vendor tells or this page is all. */
  total?: number;
  warnings: string[];
}

interface Options {
  offline?: boolean;
  timeout: number;
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
    '\nIt exits with 0 when all is well, 2 for a wrong file or setting, 4 when a vendor refuses, 5 when one does not answer.' +
      '\n\nExamples:\n  npm run rollcall -- sources check\n  npm run rollcall -- sources check qualys --offline',
  )
  .action(async (names: string[], options: Options) => {
    const config = loadConfig();
    const found = findSources(config);
    const { registry } = found;
    const faulty = found.faults.map(faultyOf);
    // Of one whose file is faulty the fault itself says why it is not known.
    for (const name of names) if (!faultOf(found, name)) registry.get(name);
    const sources = chosen(config, registry.all(), names, options.offline ?? false);
    if (sources.length + faulty.length === 0) throw none(registry.names());
    const checked: Checked[] = [];
    // One after the other: their requests are told apart by that.
    for (const source of sources) checked.push(await check(source, registry.fileOf(source.name), config, options));
    if (options.json) process.stdout.write(`${JSON.stringify({ sources: checked, faulty })}\n`);
    else process.stdout.write(`${[...faulty.map(tellFaulty), ...checked.map(tellChecked)].join('\n\n')}\n`);
    process.exitCode = exitOf(checked, faulty);
  });

function chosen(config: Config, all: readonly AnySource[], names: readonly string[], offline: boolean): AnySource[] {
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return all.filter((source) => offline || isMeant(settingLines(source, config.environment)));
}

const none = (names: readonly string[]) =>
  new Failure('settings-invalid', 'No source is configured', {
    remedy: `Fill in .env (see .env.example), or check definitions alone with --offline. There are ${names.join(', ')}`,
  });

/** Checks one source. Throws what is a defect of ours. */
export async function check(source: AnySource, file: string, config: Config, options: Options): Promise<Checked> {
  const settings = settingLines(source, config.environment);
  const checked: Checked = { name: source.name, file: shownPath(file), remarks: remarksOn(source), settings };
  const broken = brokenIn(source, file, config.environment);
  if (broken !== undefined) {
    checked.failure = {
      kind: 'settings-invalid',
      message: `${checked.file}: ${broken}`,
      remedy: 'Correct the source file',
    };
    return checked;
  }
  const unset = settings.filter(({ fault }) => fault !== undefined);
  if (unset.length > 0) {
    // Nobody has begun to set it up: without a wish for a request that is no fault.
    if (options.offline && !isMeant(settings)) return checked;
    checked.failure = {
      kind: 'settings-invalid',
      message: unset.map(({ variable, fault }) => `${variable} ${fault}`).join('; '),
      remedy: `Set ${unset.map(({ variable }) => variable).join(', ')} in .env (see .env.example)`,
    };
    return checked;
  }
  if (options.offline) return checked;
  try {
    // A queue is asked how many wait: to receive one for it would count against its redrive policy.
    const rows = source.listing === 'queue' ? 0 : 1;
    const { page, failure, exchanges, ms } = await ask(source, config, rows, options.timeout * 1000);
    const lacking = page?.lacks ?? [];
    // Where it is not known how a page goes on, this one need not be all.
    const all = page?.next === null && source.listing !== 'queue' && lacking.length === 0;
    const total = page?.total ?? (all ? page?.rows : undefined);
    checked.answer = {
      ms,
      requests: exchanges.map(({ method, at, status, ms }) => ({ method, at, status, ms })),
      ...(page ? { rows: page.rows } : {}),
      ...(total === undefined ? {} : { total }),
      warnings: [...(page?.warnings ?? []), ...doubtsOf(page)],
      ...toldBy(exchanges, secretsOf(source, config)),
    };
    if (failure) checked.failure = noted(failure);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    checked.failure = noted(error);
  }
  return checked;
}

const noted = ({ kind, message, details: { remedy, retryAfterMs } }: Failure) => ({
  kind,
  message: retryAfterMs === undefined ? message : `${message}; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`,
  ...(remedy === undefined ? {} : { remedy }),
});

const secretsOf = (source: AnySource, config: Config): string[] =>
  Object.values(source.settings).flatMap(({ env, secret }) => (secret && config.environment[env]?.trim()) || []);

/** The exit code for what a source's failure is about. */
export function exitFor(kind: FailureKind): number {
  if (kind === 'settings-invalid') return EXIT.usage;
  return kind === 'unreachable' || kind === 'vendor-error' ? EXIT.dependency : EXIT.incomplete;
}

/** What somebody can mend here goes before what is mended elsewhere. */
function exitOf(checked: readonly Checked[], faulty: readonly Faulty[]): number {
  const codes = checked.map(({ failure }) => (failure ? exitFor(failure.kind) : EXIT.ok) as number);
  if (faulty.length > 0) codes.push(EXIT.usage);
  return [EXIT.usage, EXIT.dependency, EXIT.incomplete].find((code) => codes.includes(code)) ?? EXIT.ok;
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError('It is a number of seconds, up to 3600.');
  return value;
}
