import { number } from '../../../format/number.js';
import { Command } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import type { Store } from '../../../store/database.js';
import { reasonsOf, type ReasonCount } from '../../../quarantine/groups.js';
import type { RunDoc } from '../../../store/documents/runs.js';
import type { SourceAccount } from '../../../model/run.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import { runOf } from '../../shared/run-of.js';
import { onlyFetched } from '../../shared/summary.js';
import { duration, minute } from '../../../format/time.js';
import { sourceWorkflowId } from '../../../model/workflow-ids.js';
import { workflowLink } from '../../../temporal/web-ui.js';
import { withStore } from '../../shared/with-store.js';
import { colouredStatus } from '../../../format/status-colour.js';

/** Reasons of quarantined rows, by source. */
type Reasons = Record<string, ReasonCount[]>;

const MOST_REASONS = 3;
const MOST_FIELDS = 10;

export const showCommand = new Command('show')
  .description('one run, source by source: counts, problems and remedies')
  .argument('[run]', 'its id or the beginning of it; without one, the latest')
  .option('--json', 'print it as one JSON object')
  .addHelpText('after', '\nExamples:\n  npm run rollcall -- runs show\n  npm run rollcall -- runs show 20261121 --json')
  .action(async (prefix: string | undefined, options: { json?: boolean }) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      const run = await runOf(store, prefix);
      const reasons = await reasonsIn(store, run);
      const url = workflowLink(config.temporal, run.workflow_id);
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ ...run, url, quarantine: reasons })}\n`);
        return;
      }
      process.stdout.write(`${[...describe(run, config, reasons)].join('\n')}\n`);
    });
  });

/** Reasons of the rows in quarantine that were last received in this run. */
async function reasonsIn(store: Store, run: RunDoc): Promise<Reasons> {
  const reasons: Reasons = {};
  for (const [source, { quarantined, listing }] of Object.entries(run.sources))
    if (quarantined > 0) reasons[source] = await reasonsOf(store, source, listing ?? run._id, MOST_REASONS);
  return reasons;
}

function* describe(run: RunDoc, config: Config, reasons: Reasons): Iterable<string> {
  const { _id, status, started_at, ended_at, hosts, merged, workflow_id, sources } = run;
  yield `${pc.bold(_id)}  ${colouredStatus(status)}`;
  const took = ended_at ? `, took ${duration(ended_at.getTime() - started_at.getTime())}` : '';
  yield row('started', `${minute(started_at)}${took}`);
  if (hosts !== undefined) yield row('hosts', `${number(hosts)} live when it ended`);
  if (merged !== undefined) yield row('merged', `${number(merged)} records`);
  yield row('workflow', workflowLink(config.temporal, workflow_id) ?? workflow_id);
  for (const [name, account] of Object.entries(sources)) {
    yield '';
    yield* describeSource(name, account, reasons[name] ?? [], _id);
    if (account.parked || account.status === 'failed') {
      const workflowId = sourceWorkflowId(config.temporal.taskQueue, name);
      yield row('workflow', workflowLink(config.temporal, workflowId) ?? workflowId);
    }
  }
}

function* describeSource(
  name: string,
  account: SourceAccount,
  reasons: readonly ReasonCount[],
  run: string,
): Iterable<string> {
  const { status, parked, started_at, ended_at, pages, reason, remedy, warnings, unconfirmed, confirmed, listing } =
    account;
  yield `${pc.cyan(name)}  ${parked ? 'parked, ' : ''}${colouredStatus(status)}`;
  if (ended_at) yield row('took', duration(ended_at.getTime() - started_at.getTime()));
  yield row('pages', number(pages));
  if (onlyFetched(account) > 0) yield row('rows', `${number(onlyFetched(account))} fetched, not normalized yet`);
  yield row('records', countsText(account));
  if (listing && listing !== run) yield row('begun by', `run ${listing}, which holds its pages`);
  if (reason) yield row('reason', printable(reason));
  if (remedy) yield row('remedy', printable(remedy));
  if (parked) yield row('go on', `npm run rollcall -- resume ${name}`);
  if (unconfirmed)
    yield row(
      'unconfirmed',
      `${number(unconfirmed)} records; npm run rollcall -- runs confirm --source ${name} retires them`,
    );
  if (confirmed) yield row('confirmed', `by ${printable(confirmed.by)}, ${minute(confirmed.at)}`);
  for (const warning of warnings ?? []) yield row('warning', printable(warning));
  yield* driftLines(account);
  for (const [index, { reason: why, count }] of reasons.entries())
    yield row(index === 0 ? 'quarantine' : '', `${number(count)}: ${printable(why)}`);
}

function countsText(account: SourceAccount): string {
  const { records, repeated } = account;
  const counts = (['new', 'changed', 'unchanged', 'quarantined'] as const).map((of) => `${number(account[of])} ${of}`);
  const further = [
    `${number(account.gone)} gone`,
    ...(repeated > 0 ? [`${number(repeated)} received more than once`] : []),
  ];
  return `${number(records)}: ${counts.join(', ')}; ${further.join(', ')}`;
}

/** Lines about fields that are new in this listing or missing from it, compared with earlier listings. */
function* driftLines(account: SourceAccount): Iterable<string> {
  const { drift } = account as { drift?: { appeared?: string[]; vanished?: string[] } };
  for (const [label, fields = []] of [
    ['new fields', drift?.appeared],
    ['lost fields', drift?.vanished],
  ] as const) {
    if (fields.length === 0) continue;
    const more = fields.length > MOST_FIELDS ? ` and ${fields.length - MOST_FIELDS} more` : '';
    yield row(label, `${fields.slice(0, MOST_FIELDS).map(printable).join(', ')}${more}`);
  }
}

const row = (label: string, text: string): string => `  ${label.padEnd(12)} ${text}`;
