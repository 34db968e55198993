import { number } from '../../../format/number.js';
import { Command } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { scheduleOf } from '../../../temporal/schedules/schedules.js';
import type { AnySource } from '../../../model/source.js';
import { openStore } from '../../../store/database.js';
import type { SourceDoc } from '../../../store/documents/sources.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { EXIT } from '../../shared/exit.js';
import { printable } from '../../../format/printable.js';
import { findSources } from '../../../diagnostics/source/find.js';
import { isPartlySet, settingLines } from '../../../diagnostics/source/settings.js';

/** A source in the output of `sources list --json`. */
interface Listed {
  name: string;
  vendor: string;
  dataset: string;
  listing: string;
  /** Its required settings are set. */
  configured: boolean;
  /** Variables that are missing or malformed. */
  missing: string[];
  schedule: { cron: string; timezone: string } | { fault: string };
  last_checked?: Date;
  last_complete?: SourceDoc['last_complete'];
  parked?: SourceDoc['parked'];
  docs: string;
}

export const listCommand = new Command('list')
  .description('every source: whether its settings are set, when it is collected, and the result of its last run')
  .option('--json', 'print them as one JSON array')
  .addHelpText('after', '\nExamples:\n  npm run rollcall -- sources list\n  npm run rollcall -- sources list --json')
  .action(async (options: { json?: boolean }) => {
    const config = loadConfig();
    const { registry, faults } = findSources(config);
    const states = await statesOf(config);
    const listed = registry.all().map((source) => listedOf(source, config, states.get(source.name)));
    if (options.json) process.stdout.write(`${JSON.stringify(listed)}\n`);
    else process.stdout.write(`${listed.map((source) => [...describe(source)].join('\n')).join('\n\n')}\n`);
    for (const fault of faults) process.stderr.write(`${printable(fault.message)}\n${fault.details.remedy ?? ''}\n`);
    if (faults.length > 0) process.exitCode = EXIT.usage;
  });

/**
 * The state of each source in MongoDB; empty, with a note, when MongoDB does not respond, because the rest of the list does not
 * need MongoDB.
 */
async function statesOf(config: Config): Promise<Map<string, SourceDoc>> {
  try {
    const store = await openStore(config.mongodb, { timeoutMs: 3_000, prepare: false });
    try {
      return new Map((await store.sources.find().toArray()).map((doc) => [doc._id, doc]));
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'server-unavailable') throw error;
    process.stderr.write(`Their state is unknown: ${error.message}\n${error.details.remedy ?? ''}\n`);
    return new Map();
  }
}

function listedOf(source: AnySource, config: Config, state: SourceDoc | undefined): Listed {
  const lines = settingLines(source, config.environment);
  const missing = lines.filter(({ fault }) => fault !== undefined).map(({ variable }) => variable);
  const configured = missing.length === 0 && isPartlySet(lines);
  const { name, vendor, dataset, listing, docs } = source;
  const checked = state && state.last_checked.getTime() > 0 ? { last_checked: state.last_checked } : {};
  return {
    name,
    vendor,
    dataset,
    listing,
    configured,
    missing,
    schedule: scheduleText(source, config),
    ...checked,
    ...(state?.last_complete ? { last_complete: state.last_complete } : {}),
    ...(state?.parked ? { parked: state.parked } : {}),
    docs,
  };
}

function scheduleText(source: AnySource, config: Config): Listed['schedule'] {
  try {
    return scheduleOf(source, config);
  } catch (error) {
    if (error instanceof Failure) return { fault: error.message };
    throw error;
  }
}

function* describe(source: Listed): Iterable<string> {
  const row = (label: string, text: string, colour: (text: string) => string = String) =>
    `  ${label.padEnd(14)}${colour(printable(text))}`;
  yield `${pc.bold(source.name)}  ${source.dataset} of ${source.vendor}, listing ${source.listing}`;
  const { configured, missing, schedule, last_complete: complete, parked } = source;
  const lacking = missing.length > 0 ? `not configured: ${missing.join(', ')}` : 'not configured';
  yield configured ? row('settings', 'configured', pc.green) : row('settings', lacking, pc.yellow);
  yield row('schedule', 'fault' in schedule ? schedule.fault : `${schedule.cron}  ${schedule.timezone}`);
  yield row('last checked', source.last_checked ? ago(source.last_checked) : 'never');
  const records = complete && `${ago(complete.at)}, ${number(complete.records)} records`;
  yield row('last complete', records ?? 'never');
  if (parked) {
    yield row('parked', `${parked.reason} (${ago(parked.at)})`, pc.red);
    if (parked.remedy) yield row('', parked.remedy);
  }
  yield row('docs', source.docs);
}
