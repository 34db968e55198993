import { type RunStatus, type SourceAccount } from '../../model/run.js';

/** One execution of the collecting workflow. */
export interface RunDoc {
  _id: string;
  workflow_id: string;
  status: RunStatus;
  started_at: Date;
  ended_at?: Date;
  /** Live hosts when the run ended. */
  hosts?: number;
  /** Number of merged records, for a run that only merges. */
  merged?: number;
  /** When raw pages of the run were last removed because of their age. */
  pruned_at?: Date;
  sources: Record<string, SourceAccount>;
}
