import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { SourceAccount } from '../model/run.js';
import { accountSignal, type WaitingRun } from '../model/messages.js';

/** The runs that wait for a source's account. The parent run gets it as the child's result, unless the source parks. */
export class Listeners {
  constructor(
    /** The list is passed on at a continue-as-new. */
    readonly waiting: WaitingRun[],
    private readonly source: string,
  ) {}

  knows({ runId }: WaitingRun): boolean {
    return this.waiting.some((run) => run.runId === runId);
  }

  /** Sends the account of a source that parks to the parent run, so that it stops waiting. */
  async notifyParent(account: SourceAccount): Promise<void> {
    const { parent } = workflowInfo();
    if (parent) await notifyRun(parent, this.source, account);
  }

  /** Removes and returns the waiting runs. */
  take(): WaitingRun[] {
    return this.waiting.splice(0);
  }

  /** Sends the account to other runs. `listing` is the run whose ledger contains the pages. */
  async notifyOthers(runs: readonly WaitingRun[], account: SourceAccount, listing: string): Promise<void> {
    for (const run of runs) await notifyRun(run, this.source, { ...account, listing });
  }
}

/** Sends a source's account to a run. Runs that have ended are ignored. */
export async function notifyRun(run: WaitingRun, source: string, account: SourceAccount): Promise<void> {
  try {
    await getExternalWorkflowHandle(run.workflowId, run.runId).signal(accountSignal, source, account);
  } catch {
    // The run has ended.
  }
}
