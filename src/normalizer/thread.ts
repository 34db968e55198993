import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { ApplicationFailure, type ApplicationFailureOptions } from '@temporalio/common';
import { toApplicationFailure } from '../activities/failures.js';
import type { Config } from '../config.js';
import { loadSources } from '../sources/index.js';
import { openStore } from '../store/database.js';
import { normalize, type NormalizeInput, type Normalized } from './normalize.js';

/** One listing's work, as the activity's thread hands it over. `port` carries sums back, and a word to stop. */
export interface Task {
  input: NormalizeInput;
  port: MessagePort;
}

/** Error classes do not survive the way between threads: a failure travels as what makes it. */
export type Answer = { done: Normalized } | { failure: ApplicationFailureOptions };

const { config } = workerData as { config: Config };
const sources = loadSources({ folders: config.sourceFolders });
const opening = openStore(config.mongodb);

/** Runs in a thread of its own: parsing and mapping take as long as all the rest of a worker's work. */
export default async function run({ input, port }: Task): Promise<Answer> {
  const stop = new AbortController();
  port.on('message', () => stop.abort());
  try {
    const store = await opening;
    const done = await normalize(store, sources, config.environment, input, {
      rows: config.stretchRecords,
      signal: stop.signal,
      onPage: (sum) => port.postMessage(sum),
    });
    return { done };
  } catch (error) {
    const failure = toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs) as ApplicationFailure;
    const { type, message, nonRetryable, details, category } = failure;
    return { failure: { type, message, nonRetryable, details, category } as ApplicationFailureOptions };
  } finally {
    port.close();
  }
}
