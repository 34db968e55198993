import { workerData, type MessagePort } from 'node:worker_threads';
import type { Config } from '../config.js';
import { loadSources } from '../sources/loading/registry.js';
import { openStore } from '../store/database.js';
import { pageWaitMs } from '../model/timings.js';
import { loadInOrder, type DeliverInput } from '../events/load.js';
import { toPlain, type PlainError } from '../normalize/errors.js';
import { ReadingMonitor } from '../normalize/monitor.js';
import { normalize, type NormalizeInput, type Normalized } from '../normalize/normalize.js';
import { openNormalizerContext, type NormalizerContext } from '../normalize/context.js';

/** One activity's work: `normalize` or `deliver`. Through `port` the thread sends sums, and the worker a message to stop. */
export interface Task {
  normalize?: NormalizeInput;
  deliver?: DeliverInput;
  port: MessagePort;
  /** Identifies the task in the monitor. */
  number: number;
}

/** Data that a thread is started with. */
export interface ThreadData {
  config: Config;
  /** The memory of the worker's `ReadingMonitor`. */
  memory: SharedArrayBuffer;
}

export type TaskResult = { done: Normalized } | { error: PlainError };

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

/** Called within a task, because the pool would wait forever for a thread that fails while it starts. */
async function openAll(): Promise<NormalizerContext> {
  const sources = loadSources({ folders: config.sourceFolders });
  return openNormalizerContext(config, await openStore(config.mongodb), sources);
}

/**
 * Runs one task. It has its own thread, because reading and mapping rows takes as much CPU time as all other work of the worker.
 */
export default async function run(task: Task): Promise<TaskResult> {
  const { port } = task;
  const stop = new AbortController();
  const { signal } = stop;
  const onPage = (sum: Normalized) => port.postMessage(sum);
  const observer = {
    begin: (seq: number) => monitor.begin(task.number, seq),
    row: () => monitor.row(),
    end: () => monitor.end(),
  };
  port.on('message', () => stop.abort());
  try {
    const context = await open();
    const done = task.deliver
      ? await loadInOrder(context, task.deliver, { signal, onPage, observer })
      : await normalize(context, task.normalize!, {
          rows: config.stretchRecords,
          waitMs: pageWaitMs(config.timings),
          signal,
          onPage,
          observer,
        });
    return { done };
  } catch (error) {
    return { error: toPlain(error) };
  } finally {
    port.close();
  }
}
