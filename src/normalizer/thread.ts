import { workerData, type MessagePort } from 'node:worker_threads';
import type { Config } from '../config.js';
import { junkOf } from '../host/junk.js';
import { loadSources } from '../sources/index.js';
import { openStore, type Store } from '../store/database.js';
import { toPlain, type PlainError } from './errors.js';
import { normalize, type NormalizeInput, type Normalized } from './normalize.js';
import { readerDigest } from './same-bytes.js';

/** One activity's work. `port` carries sums back, and a word to stop. */
export interface Task {
  input: NormalizeInput;
  port: MessagePort;
}

export type Answer = { done: Normalized } | { error: PlainError };

const { config } = workerData as { config: Config };
const sources = loadSources({ folders: config.sourceFolders });
const reader = readerDigest(config);
const junk = junkOf(config.junk);
let opening: Promise<Store> | undefined;

/** Opened once; when MongoDB was away then, the next task tries again. */
function open(): Promise<Store> {
  opening ??= openStore(config.mongodb).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

/** Runs in a thread of its own: reading and mapping rows takes as long as all else that a worker does. */
export default async function run({ input, port }: Task): Promise<Answer> {
  const stop = new AbortController();
  port.on('message', () => stop.abort());
  try {
    const reading = { store: await open(), sources, environment: config.environment, junk, reader };
    const done = await normalize(reading, input, {
      rows: config.stretchRecords,
      signal: stop.signal,
      onPage: (sum) => port.postMessage(sum),
    });
    return { done };
  } catch (error) {
    return { error: toPlain(error) };
  } finally {
    port.close();
  }
}
