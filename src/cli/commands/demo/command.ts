import { Command, InvalidArgumentError } from 'commander';
import { colours as pc } from '../../../format/colours.js';
import { openClient, startRun } from '../../../client.js';
import { openStore, type Store } from '../../../store/database.js';
import type { RunSummary } from '../../../workflows/collect-inventory.js';
import { exampleHosts, exampleTable } from '../../../demo/examples.js';
import { eventsSummary, loginsSummary } from '../../../demo/summaries.js';
import { ENVIRONMENT, stopKept } from '../../../demo/kept-processes.js';
import { openStack, type DemoOptions, type DemoStack } from '../../../demo/stack.js';
import { EXIT } from '../../shared/exit.js';
import { summaryJson, summaryTable } from '../../shared/summary.js';
import { watchRun } from '../../watch/watch.js';

const LOGINS = 2_000;

const notify = (line: string): void => void process.stderr.write(`${line}\n`);

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above zero');
  return value;
}

export const demoCommand = new Command('demo')
  .description('collect two simulated vendors into one inventory, on real servers')
  .option('--hosts <n>', 'machines in the generated fleet', count, 2_000)
  .option('--seed <n>', 'the same seed is the same fleet', count, 7)
  .option('--records <dir>', 'serve recorded records: qualys-hosts.json and crowdstrike-hosts.json (or .jsonl)')
  .option('--logins [n]', 'login events from a queue as well, personal data masked', count)
  .option('--events <path>', 'events of a JSONL file or folder as well; - is standard input')
  .option('--keep', 'leave the servers, the simulator and the worker up')
  .option('--stop', 'stop what --keep left up')
  .option('--json', 'print the result as one JSON object, the last line')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run demo\n  npm run demo -- --hosts 100000\n  npm run demo -- --records DIR --json\n  npm run demo -- --logins\n  npm run demo -- --events FILE',
  )
  .action(async ({ logins, ...given }: Omit<DemoOptions, 'logins'> & { logins?: number | true; stop?: boolean }) => {
    const options = { ...given, ...(logins === undefined ? {} : { logins: logins === true ? LOGINS : logins }) };
    if (options.stop) {
      if (!(await stopKept(notify))) notify('Nothing is running');
      return;
    }
    const stack = await openStack(options, notify);
    const interrupted = () => void stack.stop().finally(() => process.exit(EXIT.interrupted));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    try {
      process.exitCode = await collect(stack, options);
    } finally {
      if (!options.keep) await stack.stop();
    }
  });

async function collect({ config, ui, broken }: DemoStack, options: DemoOptions): Promise<number> {
  const client = await openClient(config.temporal);
  const store = await openStore(config.mongodb);
  try {
    const { handle } = await startRun(client, config.temporal, { sources: config.collect, force: true });
    const summary = await Promise.race([watchRun(client, handle, store), broken]);
    process.stdout.write(`\n${summaryTable(summary)}\n${await mergeLine(store, summary)}\n\n`);
    process.stdout.write(`${exampleTable(await exampleHosts(store, 5))}\n\n`);
    if (options.logins !== undefined) process.stdout.write(`${await loginsSummary(store)}\n\n`);
    if (options.events !== undefined) process.stdout.write(`${await eventsSummary(store)}\n\n`);
    process.stdout.write(`${whereNext(summary, ui, options)}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(summaryJson(summary))}\n`);
    return summary.status === 'completed' ? EXIT.ok : EXIT.incomplete;
  } finally {
    await store.close();
    await client.connection.close();
  }
}

async function mergeLine(store: Store, summary: RunSummary): Promise<string> {
  const [all, gone] = await Promise.all([
    store.records.countDocuments({}, { hint: { _id: 1 } }),
    store.records.countDocuments({ gone_at: { $exists: true } }),
  ]);
  const records = all - gone;
  const rate = Math.round(summary.hosts / summary.seconds);
  return `${pc.bold(`${records} records are ${summary.hosts} hosts`)}: ${records - summary.hosts} duplicates found, ${rate} hosts a second`;
}

function whereNext(summary: RunSummary, ui: string | undefined, options: DemoOptions): string {
  const lines = [
    pc.bold('Where to look next'),
    ...(ui ? [`  The run in the Temporal Web UI: ${ui}${options.keep ? '' : ' (up while the demo runs)'}`] : []),
    ...(options.keep ? KEPT : ENDED),
  ];
  return lines.join('\n');
}

const KEPT = [
  `  cp ${ENVIRONMENT} .env       commands read .env: from then on they talk to this demo`,
  '  npm run rollcall -- status       the state of every source',
  '  npm run rollcall -- hosts lt-    hosts whose name begins with it; host NAME shows one, and why its records were merged',
  '  npm run rollcall -- ui           a page to look things up',
  '  npm run rollcall -- report       charts, and lists of hosts that need action',
  '  docs/tour.md                     all of it, step by step',
  '  npm run demo -- --stop           ends what is up',
];

const ENDED = [
  '  Run the demo again: what did not change is not written again',
  '  npm run demo -- --keep           leaves everything up, to look around: status, hosts, ui, report; see docs/tour.md',
  '  npm run demo -- --hosts 100000   a larger fleet',
  '  npm run demo -- --logins         login events from a queue as well; --events FILE: JSON lines',
  '  README.md                        your own accounts, schedules, another source',
];
