import type { Command } from 'commander';
import { Failure } from '../../../model/failure.js';
import type { Store } from '../../../store/database.js';
import type { Quarantined } from '../../../quarantine/groups.js';
import { plain } from '../../../format/plain.js';

/** How a user says which entries are meant. */
export interface Which {
  source?: string;
  reason?: string;
  all?: boolean;
}

/** Adds the options that narrow entries down. */
export const narrowing = (command: Command): Command =>
  command
    .option('--source <name>', 'those of this source')
    .option('--reason <text>', 'those whose reason holds this text, in whatever case');

/** What was asked for. Without a word or an option everything would be meant: that takes `--all`. */
export function whichOf(command: Command, ids: readonly string[], { source, reason, all }: Which): Quarantined {
  if (ids.length === 0 && source === undefined && reason === undefined && !all)
    command.error('name records, or say which: --source, --reason or --all');
  return {
    ...(ids.length > 0 && { ids }),
    ...(source !== undefined && { source }),
    ...(reason !== undefined && { reason }),
  };
}

/** Throws `Failure` when one that was named is not in quarantine. */
export async function refuseUnknown(store: Store, { ids = [] }: Quarantined): Promise<void> {
  const found = await store.quarantine.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } }).toArray();
  const known = new Set(found.map(({ _id }) => _id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0)
    throw new Failure('settings-invalid', `${missing.map(plain).join(', ')} is not in quarantine`, {
      remedy: 'npm run rollcall -- quarantine list --records shows what is; what was understood has left by itself',
    });
}

/** `1 record`, `1,200 records`. */
export const records = (count: number): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? 'record' : 'records'}`;
