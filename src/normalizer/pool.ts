import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import type { SourceRegistry } from '../sources/index.js';
import type { Store } from '../store/database.js';
import { pageWaitMs } from '../timings.js';
import { fromPlain } from './errors.js';
import { deliverRun, type DeliverInput } from './deliver.js';
import { normalize, type NormalizeInput, type Normalized } from './normalize.js';
import { openReading } from './reading.js';
import type { Answer, Task } from './thread.js';

/** Where pages are turned into records. */
export interface Normalizer {
  /** Throws `Failure` or `MongoError`; `onPage` is told the sum after each page. */
  normalize(input: NormalizeInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  /** Puts the records of a whole listing in order; throws likewise. */
  deliver(input: DeliverInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  close(): Promise<void>;
}

/** Listings that one thread works on side by side: while one waits for MongoDB, another one is parsed. */
const LISTINGS_A_THREAD = 4;

/** Normalizes in a thread with its own connections; in this one where only TypeScript is at hand (in tests). */
export function openNormalizer(config: Config, store: Store, sources: SourceRegistry): Normalizer {
  const filename = join(__dirname, 'thread.js');
  if (!existsSync(filename)) {
    const reading = openReading(config, store, sources);
    return {
      normalize: (input, signal, onPage) =>
        normalize(reading, input, {
          rows: config.stretchRecords,
          waitMs: pageWaitMs(config.timings),
          signal,
          onPage,
        }),
      deliver: (input, signal, onPage) => deliverRun(reading, input, { signal, onPage }),
      close: async () => reading.outputs.logins?.close(),
    };
  }
  const pool = new Piscina<Task, Answer>({
    filename,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: LISTINGS_A_THREAD,
    workerData: { config: { ...config, environment: { ...config.environment } } },
  });
  const run = async (
    work: Pick<Task, 'normalize' | 'deliver'>,
    signal: AbortSignal,
    onPage: (sum: Normalized) => void,
  ) => {
    const { port1: here, port2: port } = new MessageChannel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
    const abort = () => here.postMessage('stop');
    here.on('message', onPage);
    signal.addEventListener('abort', abort);
    try {
      const answer = await pool.run({ ...work, port }, { transferList: [port] }).catch((error: Error) => {
        // The pool starts another thread; Temporal starts the activity again.
        throw new Failure('server-unavailable', `The normalizing thread ended: ${error.name}`);
      });
      if ('error' in answer) throw fromPlain(answer.error);
      return answer.done;
    } finally {
      signal.removeEventListener('abort', abort);
      here.close();
    }
  };
  return {
    normalize: (input, signal, onPage) => run({ normalize: input }, signal, onPage),
    deliver: (input, signal, onPage) => run({ deliver: input }, signal, onPage),
    close: () => pool.destroy(),
  };
}
