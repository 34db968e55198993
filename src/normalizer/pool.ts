import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { ApplicationFailure } from '@temporalio/common';
import { Piscina } from 'piscina';
import type { Config } from '../config.js';
import type { SourceRegistry } from '../sources/index.js';
import type { Store } from '../store/database.js';
import { normalize, type NormalizeInput, type Normalized } from './normalize.js';
import type { Answer, Task } from './thread.js';

/** Where pages are turned into records. */
export interface Normalizer {
  /** Throws what an activity may throw; `onPage` is told the sum after each page. */
  normalize(input: NormalizeInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  close(): Promise<void>;
}

/** Listings that one thread works on side by side: while one waits for MongoDB, another one is parsed. */
const LISTINGS_A_THREAD = 4;

/** Normalizes in a thread with its own connections; in this one where only TypeScript is at hand (in tests). */
export function openNormalizer(config: Config, store: Store, sources: SourceRegistry): Normalizer {
  const filename = join(__dirname, 'thread.js');
  if (!existsSync(filename)) {
    return {
      normalize: (input, signal, onPage) =>
        normalize(store, sources, config.environment, input, { rows: config.stretchRecords, signal, onPage }),
      close: async () => {},
    };
  }
  const pool = new Piscina<Task, Answer>({
    filename,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: LISTINGS_A_THREAD,
    workerData: { config: { ...config, environment: { ...config.environment } } },
  });
  return {
    async normalize(input, signal, onPage) {
      const { port1: here, port2: port } = new MessageChannel();
      const abort = () => here.postMessage('stop');
      here.on('message', onPage);
      signal.addEventListener('abort', abort);
      try {
        const answer = await pool.run({ input, port }, { transferList: [port] });
        if ('failure' in answer) throw ApplicationFailure.create(answer.failure);
        return answer.done;
      } catch (error) {
        if (error instanceof ApplicationFailure) throw error;
        // The pool starts another thread.
        throw ApplicationFailure.create({
          type: 'NormalizerLost',
          message: `The normalizing thread ended: ${(error as Error).name}`,
        });
      } finally {
        signal.removeEventListener('abort', abort);
        here.close();
      }
    },
    close: () => pool.destroy(),
  };
}
