import { Context } from '@temporalio/activity';
import { storeRunAlert } from '../alerts/store-alert.js';
import { datasetOf } from '../normalize/datasets/index.js';
import { countRun } from '../metrics/runs.js';
import type { Timings } from '../model/timings.js';
import { openRun } from '../store/collections/runs.js';
import type { RunStatus, SourceAccount } from '../model/run.js';
import { countLiveHosts } from '../store/collections/hosts.js';
import { activityLog, type Dependencies } from './context.js';

export interface OpenRunInput {
  run: string;
  startedAt: string;
  sources: string[];
}

export interface OpenedRun {
  timings: Timings;
  mergeable: boolean;
}

export interface CloseRunInput {
  run: string;
  status: RunStatus;
  accounts: Record<string, SourceAccount>;
  /** Number of merged records; only of a run that only merges. */
  merged?: number;
}

/** Opens and closes the document of a run. */
export function runActivities({ store, sources: registry, config, log }: Dependencies) {
  /** Logs one line for the run, and one for each source that failed or is partial. */
  const logOutcome = ({ run, status, accounts }: CloseRunInput, hosts: number, ms: number) => {
    for (const [source, { status: how, reason }] of Object.entries(accounts))
      if (how === 'failed' || how === 'partial')
        activityLog(log, run, source).warn({ status: how }, reason ?? 'No reason given');
    const sources = Object.fromEntries(Object.entries(accounts).map(([source, { status: how }]) => [source, how]));
    activityLog(log, run)[status === 'failed' ? 'error' : 'info']({ status, sources, hosts, ms }, 'Run ended');
  };
  return {
    /**
     * Returns the timings of the worker's configuration, which a workflow cannot read. `mergeable`: the run collects records that
     * are merged.
     */
    async openInventoryRun({ run, startedAt, sources }: OpenRunInput): Promise<OpenedRun> {
      await openRun(store, run, Context.current().info.workflowExecution?.workflowId ?? '', new Date(startedAt));
      const known = new Set(registry.names());
      const mergeable = sources.some(
        (name) => known.has(name) && datasetOf(registry.get(name)).afterNormalizing === 'merge',
      );
      return { timings: config.timings, mergeable };
    },

    /** Updates the run's number of live hosts after a source has finished that was parked when the run ended. */
    async recountRun({ run }: { run: string }): Promise<void> {
      const hosts = await countLiveHosts(store);
      await store.runs.updateOne({ _id: run, ended_at: { $exists: true } }, { $set: { hosts } });
    },

    /** Writes the run's outcome and returns the current number of live hosts. */
    async closeInventoryRun({ run, status, accounts, merged }: CloseRunInput): Promise<{ hosts: number }> {
      const hosts = await countLiveHosts(store);
      const endedAt = new Date();
      const before = await store.runs.findOneAndUpdate(
        { _id: run },
        {
          $set: {
            status,
            hosts,
            ended_at: endedAt,
            ...(merged === undefined ? {} : { merged }),
            ...accountFields(accounts),
          },
        },
      );
      if (before && !before.ended_at) {
        countRun(status, before.started_at, endedAt, accounts);
        logOutcome({ run, status, accounts }, hosts, endedAt.getTime() - before.started_at.getTime());
      }
      const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
      await storeRunAlert({ store, config, log }, { run, status, workflowId, accounts });
      return { hosts };
    },
  };
}

/** Converts times back to dates. Temporal passes accounts as JSON, in which times are text. */
function accountFields(accounts: Record<string, SourceAccount>): Record<string, SourceAccount> {
  return Object.fromEntries(
    Object.entries(accounts).map(([source, account]) => [
      `sources.${source}`,
      {
        ...account,
        started_at: new Date(account.started_at),
        ...(account.ended_at ? { ended_at: new Date(account.ended_at) } : {}),
      },
    ]),
  );
}
