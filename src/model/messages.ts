import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { FailureNote } from './failure.js';
import type { SourceAccount } from './run.js';

/** Live progress of one source. */
export interface SourceProgress {
  state: 'waiting' | 'fetching' | 'paused' | 'merging' | 'parked' | 'done';
  status?: SourceAccount['status'];
  reason?: string;
  /** The user's action after which a parked source continues. */
  remedy?: string;
  /** The time at which the source parked, ISO 8601. */
  parkedAt?: string;
  pages: number;
  /** Rows fetched so far. */
  rows: number;
  /** Rows in the whole listing, if the vendor reports them. */
  total?: number;
  normalized: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Changed records merged so far. */
  merged: number;
}

/** Live progress of a run. Each source's workflow returns its own progress to the same query. */
export interface RunProgress {
  run: string;
  sources: Record<string, { workflowId: string; account?: SourceAccount }>;
  /** The merge of the sources' records has begun. */
  merging?: { records: number };
}

export const progressQuery = defineQuery<SourceProgress>('progress');
export const runProgressQuery = defineQuery<RunProgress>('progress');
/** Pauses fetching after the current batch of pages. Pages fetched so far are still normalized. */
export const pauseSignal = defineSignal('pause');
/** Continues a paused or parked source from its cursor. */
export const resumeSignal = defineSignal('resume');
/** Ends the listing as partial after the current batch of pages. A parked source discards its cursor. */
export const stopSignal = defineSignal('stop');

/** A run that waits for the account of a source that another run collects. */
export interface WaitingRun {
  workflowId: string;
  runId: string;
}
/** From a run to a parked source: continue under the run's control signals, and send the account to the run. */
export const takeOverSignal =
  defineSignal<[run: WaitingRun, controls: { paused: boolean; stopped: boolean }]>('takeOver');
/** From a source to a run: the account of a source that parks, or that another run collects. */
export const accountSignal = defineSignal<[source: string, account: SourceAccount]>('account');

/** From an activity to its workflow: the activity parks. It stays pending with its failure until it is retried. */
export const parkedSignal = defineSignal<[activityId: string, note: FailureNote]>('parked');
/** From a parked activity to its workflow: a user has reset the activity, and it runs again. */
export const retriedSignal = defineSignal<[activityId: string]>('retried');

export const SOURCE_ATTRIBUTE = defineSearchAttributeKey('RollcallSource', SearchAttributeType.KEYWORD);
export const STATUS_ATTRIBUTE = defineSearchAttributeKey('RollcallStatus', SearchAttributeType.KEYWORD);

export const NO_PROGRESS: SourceProgress = {
  state: 'waiting',
  pages: 0,
  rows: 0,
  normalized: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  merged: 0,
};
