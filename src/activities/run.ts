import { Context } from '@temporalio/activity';
import { announceRun } from '../alerts/announce.js';
import { countRun } from '../metrics/runs.js';
import type { Timings } from '../model/timings.js';
import { openRun } from '../store/collections/runs.js';
import type { RunStatus, SourceAccount } from '../model/run.js';
import { countLiveHosts } from '../store/collections/hosts.js';
import { activityLog, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';
import { from } from './logged.js';

export interface OpenRunInput {
  run: string;
  startedAt: string;
}

export interface CloseRunInput {
  run: string;
  status: RunStatus;
  accounts: Record<string, SourceAccount>;
  /** Records merged, of a run that only merges. */
  merged?: number;
}

/** Opens and closes a run's own document. */
export function runActivities({ store, config, log }: Dependencies) {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw from(toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs), error);
    }
  };
  /** One line for the run, and one for each source that came to less than it should. */
  const tell = ({ run, status, accounts }: CloseRunInput, hosts: number, ms: number) => {
    for (const [source, { status: how, reason }] of Object.entries(accounts))
      if (how === 'failed' || how === 'partial')
        activityLog(log, run, source).warn({ status: how }, reason ?? 'No reason given');
    const sources = Object.fromEntries(Object.entries(accounts).map(([source, { status: how }]) => [source, how]));
    activityLog(log, run)[status === 'failed' ? 'error' : 'info']({ status, sources, hosts, ms }, 'Run ended');
  };
  return {
    /** Returns the times of this worker's configuration: a workflow cannot read it. */
    async openInventoryRun({ run, startedAt }: OpenRunInput): Promise<{ timings: Timings }> {
      await guarded(() =>
        openRun(store, run, Context.current().info.workflowExecution?.workflowId ?? '', new Date(startedAt)),
      );
      return { timings: config.timings };
    },

    /** A source that was parked when its run ended has come to its end: the run's number of live hosts is that of now. */
    async recountRun({ run }: { run: string }): Promise<void> {
      await guarded(async () => {
        const hosts = await countLiveHosts(store);
        await store.runs.updateOne({ _id: run, ended_at: { $exists: true } }, { $set: { hosts } });
      });
    },

    /** Writes the run's end; returns how many live hosts there are now. */
    async closeInventoryRun({ run, status, accounts, merged }: CloseRunInput): Promise<{ hosts: number }> {
      return guarded(async () => {
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
          tell({ run, status, accounts }, hosts, endedAt.getTime() - before.started_at.getTime());
        }
        const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
        await announceRun({ store, config, log }, { run, status, workflowId, accounts });
        return { hosts };
      });
    },
  };
}

/** Accounts travelled through Temporal as JSON: their times are text again. */
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
