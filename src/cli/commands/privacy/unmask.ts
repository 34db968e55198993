import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { openKeyRing, type KeyRing } from '../../../privacy/key-ring.js';
import { keyOf, unmask, UnmaskError } from '../../../privacy/mask.js';
import { putAudit } from '../../../store/collections/audit.js';
import type { Store } from '../../../store/database.js';
import type { LoginDoc } from '../../../store/documents/logins.js';
import { EXIT } from '../../shared/exit.js';
import { reason } from './mask.js';
import { user } from '../../shared/person.js';
import { withStore } from '../../shared/with-store.js';
import { printable } from '../../../format/printable.js';

interface Options {
  why: string;
  by: string;
  token?: string;
  field?: string;
  json?: boolean;
}

const FIELDS = ['ip', 'device_id'];

export const unmaskCommand = new Command('unmask')
  .description('show masked values in clear; an audit entry keeps the user and the reason')
  .argument('[login...]', 'ids of logins (source:message id)')
  .requiredOption('--why <text>', 'why, for the audit entry')
  .option('--by <name>', 'the user', user())
  .option('--token <token>', 'a token instead of logins')
  .option('--field <name>', `the field that the token is of: ${FIELDS.join(' | ')}`)
  .option('--json', 'one JSON object a login')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- unmask logins:5f0c… --why "incident 42"\n' +
      '  npm run rollcall -- unmask --token m1.k1.… --field ip --why "incident 42"',
  )
  .action(async (ids: string[], options: Options, command: Command) => {
    if ((ids.length === 0) === (options.token === undefined)) command.error('name logins, or a token (--token)');
    if (options.token !== undefined && !FIELDS.includes(options.field ?? ''))
      command.error(`--token needs --field ${FIELDS.join(' | ')}`);
    const { token, field = '', json = false } = options;
    // Checked before the audit entry is written, because the entry contains the token: the user may have passed an address by
    // mistake.
    if (token !== undefined && keyOf(token) === undefined) command.error('--token is not a token (m1.<key id>.…)');
    const entry = { by: options.by, action: 'unmask' as const, why: reason(options.why), collection: 'logins' };
    const config = loadConfig();
    const keys = openKeyRing(config.keyRing).keys();
    await withStore(config, async (store) => {
      const logins = await find(store, ids);
      const of = token === undefined ? logins.map(({ _id }) => _id) : [token];
      await putAudit(store, { ...entry, count: of.length, of });
      if (token !== undefined) show(undefined, { [field]: open(keys, field, token) }, json);
      for (const { _id, masked_ip, masked_device_id } of logins)
        show(_id, { ip: open(keys, 'ip', masked_ip), device_id: open(keys, 'device_id', masked_device_id) }, json);
    });
  });

async function find(store: Store, ids: readonly string[]): Promise<LoginDoc[]> {
  const wanted = [...new Set(ids)];
  const found = await store.logins.find({ _id: { $in: wanted } }).toArray();
  const byId = new Map(found.map((login) => [login._id, login]));
  const missing = wanted.filter((id) => !byId.has(id));
  if (missing.length > 0)
    throw new Failure('settings-invalid', `There is no login ${missing.map(printable).join(', ')}`, {
      remedy: 'Ids are source:message id, as _id in the collection logins',
    });
  return wanted.map((id) => byId.get(id)!);
}

/** Prints one line on standard output, or a problem on standard error; the other values are still shown. */
function show(_id: string | undefined, values: Record<string, string | UnmaskError>, json: boolean): void {
  const problem = Object.values(values).find((value) => value instanceof UnmaskError);
  if (problem) {
    process.stderr.write(`${printable(_id === undefined ? problem.message : `${_id}: ${problem.message}`)}\n`);
    process.exitCode = EXIT.incomplete;
  } else if (json) process.stdout.write(`${JSON.stringify({ _id, ...values })}\n`);
  else {
    const named = Object.entries(values).map(([field, value]) => `${field} ${String(value)}`);
    process.stdout.write(`${printable([_id, ...named].filter(Boolean).join('  '))}\n`);
  }
}

function open(keys: KeyRing, field: string, token: string): string | UnmaskError {
  try {
    return unmask(keys, field, token);
  } catch (error) {
    if (error instanceof UnmaskError) return error;
    throw error;
  }
}
