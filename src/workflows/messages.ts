import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { SourceAccount } from '../store/runs.js';

/** Live progress of one source. */
export interface SourceProgress {
  state: 'waiting' | 'fetching' | 'paused' | 'merging' | 'done';
  status?: SourceAccount['status'];
  reason?: string;
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
export const resumeSignal = defineSignal('resume');
/** Ends the listing after the stretch under way, as partial. */
export const stopSignal = defineSignal('stop');

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
