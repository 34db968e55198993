import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { openKeyRing } from '../../../privacy/key-ring.js';
import { loadSources } from '../../../sources/loading/registry.js';
import { putAudit } from '../../../store/collections/audit.js';
import type { Store } from '../../../store/database.js';
import { isWholePage, lineOf } from '../../../store/collections/quarantine.js';
import type { QuarantineDoc } from '../../../store/documents/quarantine.js';
import { findRawPage, rawBytes, type RawPage } from '../../../store/raw.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { reason as reasonGiven } from '../privacy/mask.js';
import { user } from '../../shared/person.js';
import { printable } from '../../../format/printable.js';
import { withStore } from '../../shared/with-store.js';
import { adviceOf, retryCommandFor } from './advice.js';
import { rawJson, shownRaw } from './raw.js';
import { rejectUnknown } from './which.js';

interface Options {
  why?: string;
  by: string;
  json?: boolean;
}

export const showCommand = new Command('show')
  .description('one record: why it could not be read, its raw as received, and what to do')
  .argument('<id>', 'as list shows it: source:native id, or page#row')
  .option('--why <text>', 'why you read personal data, for the audit entry; opens a sealed page')
  .option('--by <name>', 'the user', user())
  .option('--json', 'print it as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine show qualys:305000117\n' +
      '  npm run rollcall -- quarantine show logins:5f0c… --why "incident 42"',
  )
  .action(async (id: string, options: Options) => {
    const why = options.why === undefined ? undefined : reasonGiven(options.why);
    const config = loadConfig();
    await withStore(config, async (store) => {
      await rejectUnknown(store, { ids: [id] });
      const entry = (await store.quarantine.findOne({ _id: id }))!;
      const found = await findRawPage(store, entry);
      const personal = found?.sealed === true || isPersonal(entry, config.sourceFolders);
      const closed = personal && why === undefined;
      const ring = openKeyRing(config.keyRing);
      if (found?.sealed && !closed) ring.keys();
      if (found && personal && why !== undefined) await keepAudit(store, id, why, options.by);
      const bytes = found && !closed ? await rawBytes(store, found.page, entry, () => ring.keys()) : undefined;
      const content = closed ? { sealed: true } : bytes ? rawJson(bytes) : { missing: true };
      const text = options.json
        ? JSON.stringify({ ...entry, count: entry.count ?? 1, ...pageJson(found), ...content, advice: adviceOf(entry) })
        : textOf(entry, found, closed ? SEALED : bytes ? shownRaw(bytes) : MISSING);
      process.stdout.write(`${text}\n`);
    });
  });

const SEALED = 'It holds personal data: --why "…" shows it, and an audit entry keeps the user';
const MISSING = 'It is not stored any more';

/**
 * Whether the source has personal data. `false` if its source file is missing: pages with personal data are sealed, so they are
 * not shown in that case either.
 */
function isPersonal({ source }: QuarantineDoc, folders: string[]): boolean {
  const sources = loadSources({ folders });
  return sources.names().includes(source) && datasetOf(sources.get(source)).personal.length > 0;
}

/** Writes the audit entry. Called before any content is shown. */
async function keepAudit(store: Store, id: string, why: string, by: string): Promise<void> {
  await putAudit(store, { by, action: 'unmask', why, count: 1, collection: 'quarantine', of: [id] });
}

const pageJson = (found: RawPage | undefined) =>
  found && {
    seq: found.page.seq,
    digest: found.page.digest,
    page_bytes: found.page.bytes,
    fetched_at: found.page.fetched_at,
  };

function textOf(entry: QuarantineDoc, found: RawPage | undefined, raw: string): string {
  const { _id, source, reason, count = 1, first_at, last_at, page } = entry;
  const pages = `${count} ${count === 1 ? 'page' : 'pages'}`;
  const fields: [string, string][] = [
    ['source', source],
    ['reason', reason],
    [
      'came',
      `on ${pages}, first ${first_at.toISOString()} (${ago(first_at)}), last ${last_at.toISOString()} (${ago(last_at)})`,
    ],
    ['place', locationOf(entry, found)],
    ['page', page],
  ];
  return [
    pc.bold(printable(_id)),
    ...fields.map(([name, value]) => `  ${name.padEnd(8)}${printable(value)}`),
    '',
    pc.bold('Raw, as received'),
    raw,
    '',
    pc.bold('What to do'),
    `  ${adviceOf(entry)}`,
    `  ${retryCommandFor(entry)}`,
    '  docs/failures.md#quarantine',
  ].join('\n');
}

function locationOf(entry: QuarantineDoc, found: RawPage | undefined): string {
  const { row, offset, length } = entry;
  const line = lineOf(entry);
  if (!found) return line ?? `row ${row} of a page that is not stored any more`;
  const { seq, bytes, run } = found.page;
  if (isWholePage(entry, found.page)) return `page ${seq} of run ${run}, all of its ${bytes} bytes`;
  if (line !== undefined)
    return `${line} (page ${seq} of run ${run}, bytes ${offset} to ${offset + length} of ${bytes})`;
  return `row ${row} of page ${seq} of run ${run}, bytes ${offset} to ${offset + length} of ${bytes}`;
}
