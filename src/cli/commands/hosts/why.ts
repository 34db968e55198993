import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { openStore, type Store } from '../../../store/database.js';
import { explainPair } from '../../../merge/explain.js';
import { lookUp } from './host.js';
import { printable } from '../../../format/printable.js';

export const whyCommand = new Command('why')
  .description('why two records are or are not one host')
  .argument('<a>', 'a record id (source:native id) or a host; for a host, the record that determines its id')
  .argument('<b>', 'another one')
  .option('--json', 'print the result as one JSON object')
  .addHelpText('after', '\nExample:\n  npm run rollcall -- why qualys:305003660 crowdstrike:d670…')
  .action(async (a: string, b: string, options: { json?: boolean }) => {
    const store = await openStore(loadConfig().mongodb);
    try {
      const records = await Promise.all([a, b].map((name) => recordOf(store, name)));
      const [left, right] = records as [string, string];
      if (left === right) throw new Failure('settings-invalid', `${a} and ${b} are the same record`);
      const { one, sentences } = await explainPair(store, left, right);
      if (options.json) process.stdout.write(`${JSON.stringify({ records, one, sentences })}\n`);
      else process.stdout.write(`${[one ? 'One host.' : 'Not one host.', ...sentences.map(printable)].join('\n')}\n`);
    } finally {
      await store.close();
    }
  });

/** Returns a record id unchanged; for a host, its first record. Throws `Failure` when there is neither. */
export async function recordOf(store: Store, name: string): Promise<string> {
  if (await store.records.findOne({ _id: name }, { projection: { _id: 1 } })) return name;
  return (await lookUp(store, name)).sources[0]!.record;
}
