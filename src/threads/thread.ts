import { workerData, type MessagePort } from 'node:worker_threads';
import type { Config } from '../config.js';
import { loadSources } from '../sources/loading/registry.js';
import { openStore } from '../store/database.js';
import { loadInOrder, type LoadInput } from '../events/load.js';
import type { Merged } from '../merge/merged.js';
import { mergeParts, type PartsInput } from '../merge/plan/merge-parts.js';
import { toPlain, type PlainError } from '../normalize/errors.js';
import { ReadingMonitor } from '../normalize/monitor.js';
import { normalize } from '../normalize/normalize.js';
import type { NormalizeInput, Normalized } from '../normalize/normalized.js';
import { openNormalizerContext, type NormalizerContext } from '../normalize/context.js';

/**
 * One activity's work: `normalize`, `loadInOrder` or `mergeParts`. Through `port`, the thread sends sums, and the worker sends a message
 * to stop.
 */
export interface Task {
  normalize?: NormalizeInput;
  loadInOrder?: LoadInput;
  mergeParts?: PartsInput;
  port: MessagePort;
  /** Identifies the task in the monitor. */
  number: number;
}

/** The data with which a thread is started. */
export interface ThreadData {
  config: Config;
  /** The memory of the worker's `ReadingMonitor`. */
  memory: SharedArrayBuffer;
}

/** What a task has done so far, or in total. */
export type TaskSum = Normalized | Merged;

export type TaskResult = { done: TaskSum } | { error: PlainError };

const { config, memory } = workerData as ThreadData;
const monitor = new ReadingMonitor(memory);
let opening: Promise<NormalizerContext> | undefined;

/** Opens the context once. If that fails (MongoDB is unavailable, a source file cannot be read), the next task tries again. */
function open(): Promise<NormalizerContext> {
  opening ??= openAll().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

/**
 * Called within a task and not at the start of the thread, because the pool would wait forever for a thread that fails
 * while it starts.
 */
async function openAll(): Promise<NormalizerContext> {
  const sources = loadSources({ folders: config.sourceFolders });
  return openNormalizerContext(config, await openStore(config.mongodb), sources);
}

/**
 * Runs one task. Tasks run in their own thread, because reading and mapping rows takes as much CPU time as all other work
 * of the worker.
 */
export default async function run(task: Task): Promise<TaskResult> {
  const { port } = task;
  const stop = new AbortController();
  const { signal } = stop;
  const report = (sum: TaskSum) => port.postMessage(sum);
  const observer = {
    begin: (seq: number) => monitor.begin(task.number, seq),
    row: () => monitor.row(),
    end: () => monitor.end(),
  };
  port.on('message', () => stop.abort());
  try {
    const context = await open();
    if (task.mergeParts) return { done: await mergeParts(context.store, task.mergeParts, signal, report) };
    if (task.loadInOrder)
      return { done: await loadInOrder(context, task.loadInOrder, { signal, onPage: report, observer }) };
    // The worker waits for pages, see `following.ts`.
    const limits = { rows: config.batchRecords, waitMs: 0 };
    return { done: await normalize(context, task.normalize!, { ...limits, signal, onPage: report, observer }) };
  } catch (error) {
    return { error: toPlain(error) };
  } finally {
    port.close();
  }
}
