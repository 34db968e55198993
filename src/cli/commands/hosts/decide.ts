import { Command } from 'commander';
import { ObjectId } from 'mongodb';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import type { Store } from '../../../store/database.js';
import { decide, undo } from '../../../store/collections/decisions.js';
import type { DecisionDoc } from '../../../store/documents/decisions.js';
import { hostOfRecord } from '../../../store/collections/hosts.js';
import { lookUp } from './host.js';
import { mergeNow } from '../../shared/merge-now.js';
import { user } from '../../shared/person.js';
import { printable } from '../../../format/printable.js';
import { recordOf } from './why.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  because: string;
  by: string;
}

const deciding = (name: string) =>
  new Command(name)
    .requiredOption('--because <text>', 'why, for later readers')
    .option('--by <name>', 'who decides', user());

export const splitCommand = deciding('split')
  .description('decide that records do not belong to a host: they stay apart from the rest of it in every later run')
  .argument('<host>', 'a host id, a record id or a hostname')
  .argument('<record...>', 'records of it (source:native id)')
  .addHelpText(
    'after',
    '\nExample:\n  npm run rollcall -- split web-01 qualys:42 --because "the old web-01, scrapped in May"',
  )
  .action(async (name: string, records: string[], { because, by }: Options) => {
    await withStore(loadConfig(), async (store) => {
      const host = await lookUp(store, name);
      const members = host.sources.map(({ record }) => record);
      const strangers = records.filter((record) => !members.includes(record));
      if (strangers.length > 0)
        throw new Failure('settings-invalid', `${strangers.join(', ')} is not of host ${host._id}`, {
          remedy: `Its records are ${members.join(', ')}`,
        });
      const rest = members.filter((member) => !records.includes(member));
      if (rest.length === 0)
        throw new Failure('settings-invalid', `These are all records of host ${host._id}`, {
          remedy: 'Name those that are to leave it',
        });
      const pairs = records.flatMap((record) => rest.map((other) => [record, other] as const));
      const docs = await decide(store, pairs, { kind: 'split', by, why: because });
      await mergeAffected(store, docs, 'split');
      await printResult(store, docs);
    });
  });

export const joinCommand = deciding('join')
  .description('decide that two hosts are one: they stay one in every later run')
  .argument('<a>', 'a host id, a record id or a hostname')
  .argument('<b>', 'another one')
  .addHelpText('after', '\nExample:\n  npm run rollcall -- join qualys:42 crowdstrike:7f… --because "same asset tag"')
  .action(async (a: string, b: string, { because, by }: Options) => {
    await withStore(loadConfig(), async (store) => {
      const pair = [await recordOf(store, a), await recordOf(store, b)] as const;
      if (pair[0] === pair[1]) throw new Failure('settings-invalid', `${a} and ${b} are the same record`);
      const docs = await decide(store, [pair], { kind: 'join', by, why: because });
      await mergeAffected(store, docs, 'join');
      await printResult(store, docs);
    });
  });

export const decisionsCommand = new Command('decisions')
  .description('decisions of users about hosts')
  .option('--all', 'those that were taken back too')
  .option('--json', 'one JSON object a line')
  .action(async (options: { all?: boolean; json?: boolean }) => {
    await withStore(loadConfig(), async (store) => {
      const decisions = store.decisions.find(options.all ? {} : { undone: { $exists: false } }).sort({ _id: 1 });
      for await (const decision of decisions)
        process.stdout.write(`${options.json ? JSON.stringify(decision) : lineOf(decision)}\n`);
    });
  });

export const undoCommand = new Command('undo')
  .description('undo decisions')
  .argument('<decision...>', 'ids as `decisions` shows them')
  .option('--by <name>', 'who takes them back', user())
  .action(async (ids: string[], { by }: { by: string }) => {
    await withStore(loadConfig(), async (store) => {
      const bad = ids.filter((id) => !ObjectId.isValid(id));
      if (bad.length > 0) throw noDecision(bad);
      const docs = await undo(
        store,
        ids.map((id) => new ObjectId(id)),
        by,
      );
      const undone = new Set(docs.map(({ _id }) => _id.toHexString()));
      const missing = ids.filter((id) => !undone.has(id.toLowerCase()));
      await mergeAffected(store, docs, 'undo');
      await printResult(store, docs);
      if (missing.length > 0) throw noDecision(missing);
    });
  });

function noDecision(ids: readonly string[]): Failure {
  return new Failure('settings-invalid', `There is no active decision ${ids.join(', ')}`, {
    remedy: 'npm run rollcall -- decisions lists them',
  });
}

/** Merges the changed records at once. If the user interrupts the command, the next run merges them. */
async function mergeAffected(store: Store, docs: readonly DecisionDoc[], command: string): Promise<void> {
  if (docs.length > 0) await mergeNow(store, `rollcall ${command}`);
}

async function printResult(store: Store, docs: readonly DecisionDoc[]): Promise<void> {
  for (const decision of docs) process.stdout.write(`${lineOf(decision)}\n`);
  for (const record of [...new Set(docs.flatMap(({ records }) => [...records]))].sort())
    process.stdout.write(`${printable(record)} is in host ${(await hostOfRecord(store, record))?._id ?? 'none'}\n`);
}

function lineOf({ _id, kind, records, at, by, why, undone }: DecisionDoc): string {
  const back = undone ? ` (taken back by ${undone.by}, ${undone.at})` : '';
  return printable(`${_id.toHexString()}  ${kind} ${records.join(' ')}  by ${by}, ${at}: ${why}${back}`);
}
