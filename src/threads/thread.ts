import { workerData, type MessagePort } from 'node:worker_threads';
import type { Config } from '../config.js';
import { loadSources } from '../sources/loading/registry.js';
import { openStore } from '../store/database.js';
import { pageWaitMs } from '../model/timings.js';
import { deliverRun, type DeliverInput } from '../events/load.js';
import { toPlain, type PlainError } from '../normalize/errors.js';
import { ReadingMonitor } from '../normalize/monitor.js';
import { normalize, type NormalizeInput, type Normalized } from '../normalize/normalize.js';
import { openNormalizerContext, type Reading } from '../normalize/context.js';

/** One activity's work, one of both. `port` carries sums back, and a word to stop. */
export interface Task {
  normalize?: NormalizeInput;
  deliver?: DeliverInput;
  port: MessagePort;
  /** Under which the monitor shows it. */
  number: number;
}

/** What a thread is started with. */
export interface ThreadData {
  config: Config;
  /** Of a `ReadingMonitor`. */
  memory: SharedArrayBuffer;
}

export type Answer = { done: Normalized } | { error: PlainError };

const { config, memory } = workerData as ThreadData;
const monitor = new ReadingMonitor(memory);
let opening: Promise<Reading> | undefined;

/** Opened once; when MongoDB was away then, or a source file could not be read, the next task tries again. */
function open(): Promise<Reading> {
  opening ??= openAll().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

/** Within a task: the pool would wait for ever for a thread that ends while it starts. */
async function openAll(): Promise<Reading> {
  const sources = loadSources({ folders: config.sourceFolders });
  return openNormalizerContext(config, await openStore(config.mongodb), sources);
}

/** Runs in a thread of its own: reading and mapping rows takes as long as all else that a worker does. */
export default async function run(task: Task): Promise<Answer> {
  const { port } = task;
  const stop = new AbortController();
  const { signal } = stop;
  const onPage = (sum: Normalized) => port.postMessage(sum);
  const watched = {
    begin: (seq: number) => monitor.begin(task.number, seq),
    row: () => monitor.row(),
    end: () => monitor.end(),
  };
  port.on('message', () => stop.abort());
  try {
    const reading = await open();
    const done = task.deliver
      ? await deliverRun(reading, task.deliver, { signal, onPage, watched })
      : await normalize(reading, task.normalize!, {
          rows: config.stretchRecords,
          waitMs: pageWaitMs(config.timings),
          signal,
          onPage,
          watched,
        });
    return { done };
  } catch (error) {
    return { error: toPlain(error) };
  } finally {
    port.close();
  }
}
