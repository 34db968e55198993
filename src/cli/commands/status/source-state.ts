import type { Client } from '@temporalio/client';
import type { Config } from '../../../config.js';
import { freshnessOf } from '../../../sources/loading/freshness.js';
import { listSchedules } from '../../../temporal/schedules/schedules.js';
import type { SourceRegistry } from '../../../sources/loading/registry.js';
import type { AnySource } from '../../../model/source.js';
import type { Store } from '../../../store/database.js';
import type { SourceAccount } from '../../../model/run.js';
import type { SourceDoc } from '../../../store/documents/sources.js';
import type { OpenSource } from '../../shared/open-workflows.js';

/** The state of a source between runs. */
export interface SourceState {
  source: string;
  /**
   * - `collecting`, `paused`, `parked`: its workflow is open
   * - `fresh`: complete, and not collected again before `fresh_until` unless forced; `due`: complete, but older
   * - `partial`, `failed`, `cancelled`: the outcome of its last run
   * - `new`: never collected; `unset`: never collected, and its settings are missing here
   */
  state: 'collecting' | 'paused' | 'parked' | 'fresh' | 'due' | 'partial' | 'failed' | 'cancelled' | 'new' | 'unset';
  last_complete?: { run: string; at: Date; records: number };
  fresh_until?: Date;
  /** The outcome of its last run, and its reason. */
  last?: { run: string; status: SourceAccount['status']; reason?: string; remedy?: string; unconfirmed?: number };
  parked?: { since?: Date; reason?: string; remedy?: string };
  /** Required settings that are not set here; a worker may have them. */
  needs?: string[];
  next_run?: Date;
  schedule?: 'active' | 'paused';
}

/** Every source that is defined here or was ever collected. Without `client` schedules are left out. */
export async function sourceStates(
  store: Store,
  config: Config,
  registry: SourceRegistry,
  client: Client | undefined,
  open: readonly OpenSource[],
): Promise<SourceState[]> {
  const docs = new Map((await store.sources.find().toArray()).map((doc) => [doc._id, doc]));
  const names = [...new Set([...registry.names(), ...docs.keys()])].sort();
  const lastRuns = [...docs.values()].flatMap(({ last_run }) => last_run ?? []);
  const runs = new Map((await store.runs.find({ _id: { $in: lastRuns } }).toArray()).map((run) => [run._id, run]));
  return Promise.all(
    names.map(async (source): Promise<SourceState> => {
      const doc = docs.get(source);
      const definition = registry.names().includes(source) ? registry.get(source) : undefined;
      const account = doc?.last_run === undefined ? undefined : runs.get(doc.last_run)?.sources[source];
      const schedule = client && (await listSchedules(client, config, [source]))[0];
      return {
        ...stateOf(
          source,
          doc,
          account,
          definition,
          config,
          open.find((each) => each.source === source),
          client !== undefined,
        ),
        ...(schedule?.next && !schedule.paused ? { next_run: schedule.next } : {}),
        ...(schedule ? { schedule: schedule.paused ? 'paused' : 'active' } : {}),
      };
    }),
  );
}

function stateOf(
  source: string,
  doc: SourceDoc | undefined,
  account: SourceAccount | undefined,
  definition: AnySource | undefined,
  config: Config,
  open: OpenSource | undefined,
  isReachable: boolean,
): SourceState {
  const { last_complete: complete, last_run: run, parked } = doc ?? {};
  const needs = run === undefined && definition ? missingSettings(definition, config) : [];
  const fresh = complete && definition ? new Date(complete.at.getTime() + freshnessOf(definition, config)) : undefined;
  const state: SourceState = {
    source,
    state: 'new',
    ...(complete ? { last_complete: complete } : {}),
    ...(fresh && fresh.getTime() > Date.now() ? { fresh_until: fresh } : {}),
    ...(run !== undefined && account ? { last: lastOf(run, account) } : {}),
    ...(needs.length > 0 ? { needs } : {}),
  };
  const parkedState = parkedOf(open, parked, isReachable);
  if (parkedState) state.parked = parkedState;
  state.state = stateNameOf(state, account, open);
  return state;
}

function stateNameOf(
  { parked, fresh_until, needs }: SourceState,
  account: SourceAccount | undefined,
  open: OpenSource | undefined,
): SourceState['state'] {
  if (parked) return 'parked';
  if (open) return open.progress?.state === 'paused' ? 'paused' : 'collecting';
  if (!account) return needs ? 'unset' : 'new';
  if (account.reason === 'cancelled') return 'cancelled';
  if (account.status === 'partial' || account.status === 'failed') return account.status;
  // The workflow of the source no longer exists, and it stored no outcome.
  if (account.status === 'collecting') return 'cancelled';
  return fresh_until ? 'fresh' : 'due';
}

function lastOf(run: string, { status, reason, remedy, unconfirmed }: SourceAccount): NonNullable<SourceState['last']> {
  return {
    run,
    status,
    ...(reason ? { reason } : {}),
    ...(remedy ? { remedy } : {}),
    ...(unconfirmed ? { unconfirmed } : {}),
  };
}

/** Parked state from its workflow, or from the store if Temporal is unreachable. A workflow that no longer exists is not parked. */
function parkedOf(
  open: OpenSource | undefined,
  kept: SourceDoc['parked'],
  isReachable: boolean,
): SourceState['parked'] {
  if (open?.progress) {
    const { state, reason, remedy, parkedAt } = open.progress;
    if (state !== 'parked') return undefined;
    return {
      ...(parkedAt ? { since: new Date(parkedAt) } : {}),
      ...(reason ? { reason } : {}),
      ...(remedy ? { remedy } : {}),
    };
  }
  if (!kept || (isReachable && !open)) return undefined;
  const { at, reason, remedy } = kept;
  return { since: at, reason, ...(remedy ? { remedy } : {}) };
}

function missingSettings({ settings }: AnySource, { environment }: Config): string[] {
  return Object.values(settings)
    .filter(({ env, fallback }) => fallback === undefined && !environment[env]?.trim())
    .map(({ env }) => env);
}
