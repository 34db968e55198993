import { workerData, type MessagePort } from 'node:worker_threads';
import type { Config } from '../config.js';
import { loadSources } from '../sources/index.js';
import { openStore } from '../store/database.js';
import { pageWaitMs } from '../timings.js';
import { deliverRun, type DeliverInput } from './deliver.js';
import { toPlain, type PlainError } from './errors.js';
import { normalize, type NormalizeInput, type Normalized } from './normalize.js';
import { openReading, type Reading } from './reading.js';

/** One activity's work, one of both. `port` carries sums back, and a word to stop. */
export interface Task {
  normalize?: NormalizeInput;
  deliver?: DeliverInput;
  port: MessagePort;
}

export type Answer = { done: Normalized } | { error: PlainError };

const { config } = workerData as { config: Config };
const sources = loadSources({ folders: config.sourceFolders });
let opening: Promise<Reading> | undefined;

/** Opened once; when MongoDB was away then, the next task tries again. */
function open(): Promise<Reading> {
  opening ??= openStore(config.mongodb).then(
    (store) => openReading(config, store, sources),
    (error: unknown) => {
      opening = undefined;
      throw error;
    },
  );
  return opening;
}

/** Runs in a thread of its own: reading and mapping rows takes as long as all else that a worker does. */
export default async function run(task: Task): Promise<Answer> {
  const { port } = task;
  const stop = new AbortController();
  const { signal } = stop;
  const onPage = (sum: Normalized) => port.postMessage(sum);
  port.on('message', () => stop.abort());
  try {
    const reading = await open();
    const done = task.deliver
      ? await deliverRun(reading, task.deliver, { signal, onPage })
      : await normalize(reading, task.normalize!, {
          rows: config.stretchRecords,
          waitMs: pageWaitMs(config.timings),
          signal,
          onPage,
        });
    return { done };
  } catch (error) {
    return { error: toPlain(error) };
  } finally {
    port.close();
  }
}
