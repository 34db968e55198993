import { number } from '../../../format/number.js';
import type { Command } from 'commander';
import { Failure } from '../../../model/failure.js';
import type { Store } from '../../../store/database.js';
import type { Quarantined } from '../../../quarantine/groups.js';
import { printable } from '../../../format/printable.js';

/** How the user selects entries. */
export interface Which {
  source?: string;
  reason?: string;
  all?: boolean;
}

/** Adds the options that select entries. */
export const narrowing = (command: Command): Command =>
  command
    .option('--source <name>', 'those of this source')
    .option('--reason <text>', 'those whose reason holds this text, in upper or lower case');

/**
 * The selection. Selecting all entries requires `--all`, so that a command without arguments does not select them by mistake.
 */
export function whichOf(command: Command, ids: readonly string[], { source, reason, all }: Which): Quarantined {
  if (ids.length === 0 && source === undefined && reason === undefined && !all)
    command.error('name records, or select them by --source, --reason or --all');
  return {
    ...(ids.length > 0 && { ids }),
    ...(source !== undefined && { source }),
    ...(reason !== undefined && { reason }),
  };
}

/** Throws `Failure` when a named record is not in quarantine. */
export async function rejectUnknown(store: Store, { ids = [] }: Quarantined): Promise<void> {
  const found = await store.quarantine.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } }).toArray();
  const present = new Set(found.map(({ _id }) => _id));
  const missing = ids.filter((id) => !present.has(id));
  if (missing.length > 0)
    throw new Failure('settings-invalid', `${missing.map(printable).join(', ')} is not in quarantine`, {
      remedy:
        'npm run rollcall -- quarantine list --records shows what is; records that could be read have left by themselves',
    });
}

/** `1 record`, `1,200 records`. */
export const records = (count: number): string => `${number(count)} ${count === 1 ? 'record' : 'records'}`;
