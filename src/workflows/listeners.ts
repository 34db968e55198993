import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { SourceAccount } from '../model/run.js';
import { settledSignal, type WaitingRun } from '../model/messages.js';

/** The runs that want to hear what a source comes to. Its own parent hears it as a result, unless the source parks. */
export class Listeners {
  constructor(
    /** Survives a continue-as-new. */
    readonly waiting: WaitingRun[],
    private readonly source: string,
  ) {}

  knows({ runId }: WaitingRun): boolean {
    return this.waiting.some((run) => run.runId === runId);
  }

  /** Tells the parent of a source that parks: it need not wait any longer. */
  async tellParent(account: SourceAccount): Promise<void> {
    const { parent } = workflowInfo();
    if (parent) await tell(parent, this.source, account);
  }

  /** The runs that wait, each once. */
  take(): WaitingRun[] {
    return this.waiting.splice(0);
  }

  /** Tells other runs. `listing`: the run whose ledger holds the pages. */
  async tellOthers(runs: readonly WaitingRun[], account: SourceAccount, listing: string): Promise<void> {
    for (const run of runs) await tell(run, this.source, { ...account, listing });
  }
}

/** A run that is no more need not be told. */
export async function tell(run: WaitingRun, source: string, account: SourceAccount): Promise<void> {
  try {
    await getExternalWorkflowHandle(run.workflowId, run.runId).signal(settledSignal, source, account);
  } catch {
    // It has ended.
  }
}
