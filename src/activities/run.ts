import { Context } from '@temporalio/activity';
import { openRun, type RunStatus, type SourceAccount } from '../store/runs.js';
import { countLiveHosts } from '../store/hosts.js';
import type { Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';

export interface OpenRunInput {
  run: string;
  startedAt: string;
}

export interface CloseRunInput {
  run: string;
  status: RunStatus;
  accounts: Record<string, SourceAccount>;
}

/** Opens and closes a run's own document. */
export function runActivities({ store, config }: Dependencies) {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs);
    }
  };
  return {
    async openInventoryRun({ run, startedAt }: OpenRunInput): Promise<void> {
      await guarded(() =>
        openRun(store, run, Context.current().info.workflowExecution?.workflowId ?? '', new Date(startedAt)),
      );
    },

    /** Writes the run's end; returns how many live hosts there are now. */
    async closeInventoryRun({ run, status, accounts }: CloseRunInput): Promise<{ hosts: number }> {
      return guarded(async () => {
        const hosts = await countLiveHosts(store);
        await store.runs.updateOne(
          { _id: run },
          { $set: { status, hosts, ended_at: new Date(), ...accountFields(accounts) } },
        );
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
