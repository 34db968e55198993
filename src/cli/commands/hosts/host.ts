import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { changesOf } from '../../../store/collections/changes.js';
import type { Store } from '../../../store/database.js';
import { explainStored } from '../../../merge/explain.js';
import { findHost, hostOfRecord, hostsNamed } from '../../../store/collections/hosts.js';
import { readObservation } from '../../../store/stored-observation.js';
import type { HostDoc } from '../../../store/documents/hosts.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { describe, inShort } from './describe.js';
import { historyLines } from './history.js';
import { rawOf, type RawRecord } from './raw.js';
import { printable } from '../../../format/printable.js';
import { rawJson, shownRaw } from '../quarantine/raw.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  why?: boolean;
  history?: boolean;
  records?: boolean;
  raw?: string | true;
  json?: boolean;
}

export const hostCommand = new Command('host')
  .description('one host: the values of every source, why its records are one host, and its history')
  .argument('<host>', 'a host id (also a former one), a record id (source:native id) or a hostname')
  .option('--why', 'why its records are one host, and what it was kept apart from')
  .option('--history', 'what has happened to it')
  .option('--records', 'the values of each of its records, as JSON')
  .option('--raw [record]', 'the raw row of each of its records, or of one, as received')
  .option('--json', 'print the golden record as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- host web-01\n  npm run rollcall -- host web-01 --why\n' +
      '  npm run rollcall -- host qualys:305003660 --raw\n  npm run rollcall -- hosts web finds one',
  )
  .action(async (name: string, options: Options) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      const host = await lookUp(store, name);
      const why = options.why ? await explainStored(store, host) : undefined;
      const history = options.history ? await changesOf(store, host._id) : undefined;
      const records = options.records ? await recordsOf(store, host) : undefined;
      const only = options.raw === true ? undefined : options.raw;
      const raw = options.raw === undefined ? undefined : await rawOf(store, config, host, only);
      if (options.json) {
        const all = { ...host, why, history, records, raw: raw?.map(jsonOf) };
        process.stdout.write(`${JSON.stringify(all)}\n`);
        return;
      }
      const lines = [...describe(host, name)];
      if (why)
        lines.push(
          '',
          ...(why.length > 0 ? why : ['One record; no other record shares a key with it.']).map(printable),
        );
      else lines.push(...inShort(host));
      if (history) lines.push('', ...historyLines(host, history));
      for (const record of records ?? [])
        lines.push('', pc.bold(printable(record._id)), shownRaw(Buffer.from(JSON.stringify(record.observation))));
      for (const record of raw ?? []) lines.push('', ...textOf(record));
      process.stdout.write(`${lines.join('\n')}\n`);
    });
  });

/** Finds the host that the user named. Throws `Failure` when there is none, or several. */
export async function lookUp(store: Store, name: string): Promise<HostDoc> {
  const found = (await findHost(store, name)) ?? (await hostOfRecord(store, name));
  if (found) return found;
  const named = await hostsNamed(store, name.toLowerCase(), 10);
  if (named.length === 1) return named[0]!;
  if (named.length > 1)
    throw new Failure(
      'settings-invalid',
      `${named.length === 10 ? '10 or more' : named.length} hosts are called ${name}`,
      {
        remedy: `Name one by its id: ${named.map(({ _id, last_seen }) => `${_id} (${ago(last_seen)})`).join(', ')}`,
      },
    );
  throw new Failure('settings-invalid', `There is no host ${name}`, {
    remedy: 'Give a host id, a record id (source:native id) or a hostname; `npm run rollcall -- hosts TEXT` searches',
  });
}

async function recordsOf(store: Store, host: HostDoc) {
  const found = store.records.find({ _id: { $in: host.sources.map(({ record }) => record) } }).sort({ _id: 1 });
  return (await found.toArray()).map(({ times, ...record }) => ({
    ...record,
    observation: readObservation({ observation: record.observation, times }),
  }));
}

const jsonOf = ({ bytes, ...record }: RawRecord) => ({ ...record, ...(bytes ? rawJson(bytes) : {}) });

function* textOf({ record, page, row, fetched_at, bytes, missing }: RawRecord): Iterable<string> {
  yield pc.bold(printable(record));
  yield `  row ${row} of page ${printable(page ?? '')}${fetched_at ? `, received ${ago(fetched_at)}` : ''}`;
  yield bytes ? shownRaw(bytes) : `  ${printable(missing ?? '')}`;
}
