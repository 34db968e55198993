import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { FailureNote } from './failure.js';
import type { SourceAccount } from './run.js';

/** Live progress of one source. */
export interface SourceProgress {
  state: 'waiting' | 'fetching' | 'paused' | 'merging' | 'parked' | 'done';
  status?: SourceAccount['status'];
  reason?: string;
  /** What would let a parked source go on. */
  remedy?: string;
  /** Since when it is parked, ISO 8601. */
  parkedAt?: string;
  pages: number;
  /** Rows fetched so far. */
  rows: number;
  /** Rows in the whole listing, where the vendor tells. */
  total?: number;
  normalized: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Changed records merged so far. */
  merged: number;
}

/** Live progress of a run: its sources' workflows tell the rest, each by the same query. */
export interface RunProgress {
  run: string;
  sources: Record<string, { workflowId: string; account?: SourceAccount }>;
}

export const progressQuery = defineQuery<SourceProgress>('progress');
export const runProgressQuery = defineQuery<RunProgress>('progress');
/** Fetching waits after the stretch under way; what was fetched is still normalized. */
export const pauseSignal = defineSignal('pause');
/** What is paused or parked goes on from where it is. */
export const resumeSignal = defineSignal('resume');
/** Ends the listing after the stretch under way, as partial; a parked one gives up its cursor. */
export const stopSignal = defineSignal('stop');

/** A run that waits for a source which another run has begun. */
export interface WaitingRun {
  workflowId: string;
  runId: string;
}
/** To a source: go on if you are parked, as that run was told to, and tell it what you come to. */
export const takeOverSignal = defineSignal<[run: WaitingRun, told: { paused: boolean; stopped: boolean }]>('takeOver');
/** To a run: what a source has come to that does not end now (it parks), or that is another run's. */
export const settledSignal = defineSignal<[source: string, account: SourceAccount]>('settled');

/** From an activity to its workflow: it failed in a way that can be mended, and stays pending until it is tried again. */
export const parkedSignal = defineSignal<[activityId: string, note: FailureNote]>('parked');
/** From an activity that had parked: somebody reset it, it is trying again. */
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
