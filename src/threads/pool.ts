import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Config } from '../config.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { countDeath } from '../normalize/deaths.js';
import { pageWaitMs } from '../model/timings.js';
import { fromPlain, placed } from '../normalize/errors.js';
import { loadInOrder, type DeliverInput } from '../events/load.js';
import { normalize, type NormalizeInput, type Normalized } from '../normalize/normalize.js';
import { openNormalizerContext } from '../normalize/context.js';
import { ReadingMonitor, watchRows, type ReadingAt } from '../normalize/monitor.js';
import type { TaskResult, Task, ThreadData } from './thread.js';
import { ThreadEnded } from './thread-ended.js';

/** Turns pages into records. */
export interface Normalizer {
  /** Normalizes pages. Calls `onPage` with the sums after each page. Throws `Failure` or `MongoError`. */
  normalize(input: NormalizeInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  /** Loads the events of a whole listing in order. Throws the same errors. */
  deliver(input: DeliverInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  close(): Promise<void>;
}

/** Listings that one thread processes at once: while one waits for MongoDB, another is parsed. */
const LISTINGS_A_THREAD = 4;

/**
 * Opens a normalizer that runs in a thread with its own connections, or in this thread if there is no compiled code (in tests).
 */
export function openNormalizer(config: Config, store: Store, sources: SourceRegistry): Normalizer {
  const filename = join(__dirname, 'thread.js');
  if (!existsSync(filename)) {
    const context = openNormalizerContext(config, store, sources);
    return {
      normalize: (input, signal, onPage) =>
        normalize(context, input, {
          rows: config.stretchRecords,
          waitMs: pageWaitMs(config.timings),
          signal,
          onPage,
        }),
      deliver: (input, signal, onPage) => loadInOrder(context, input, { signal, onPage }),
      close: async () => context.outputs.logins?.close(),
    };
  }
  return openThread(filename, config, store);
}

/** Starts one thread for all sources, and a new one when it ends. */
function openThread(filename: string, config: Config, store: Store): Normalizer {
  const monitor = new ReadingMonitor();
  const workerData: ThreadData = {
    config: { ...config, environment: { ...config.environment } },
    memory: monitor.memory,
  };
  const pool = new Piscina<Task, TaskResult>({
    filename,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: LISTINGS_A_THREAD,
    resourceLimits: { maxOldGenerationSizeMb: config.normalizerMb },
    workerData,
  });
  let stuck = false;
  /** What the thread that ended last was reading. */
  let death: { at: ReadingAt | undefined; stuck: boolean } | undefined;
  const endWatch = watchRows(monitor, config.rowMs, () => {
    stuck = true;
    for (const thread of pool.threads) void thread.terminate();
  });
  // Emitted before the tasks of the thread are rejected. The next thread starts with a clear monitor.
  pool.on('workerDestroy', () => {
    death = { at: monitor.at(), stuck };
    monitor.end();
    stuck = false;
  });
  const causeOf = (error: Error & { code?: string }): string => {
    if (death?.stuck) return `a row took longer than ${config.rowMs / 1000} s (ROLLCALL_ROW_SECONDS)`;
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return `it needed more than ${config.normalizerMb} MB of memory (ROLLCALL_NORMALIZER_MB)`;
    // Only this message of the pool is shown. Messages of other errors may contain values.
    return /^worker exited with code: \d+$/.test(error.message) ? error.message : (error.code ?? error.name);
  };
  const running = new Map<number, Pick<NormalizeInput, 'source' | 'pages' | 'attempt'>>();
  let tasks = 0;

  /** Creates the error of one of the ended thread's tasks, and counts the death for the page that was read. */
  const threadEnded = async (number: number, error: Error): Promise<ThreadEnded> => {
    const { source, pages, attempt = 1 } = running.get(number)!;
    const at = death?.at;
    const reader = at && running.get(at.task);
    const cause = causeOf(error);
    if (!at || !reader) return new ThreadEnded(`The normalizing thread ended: ${cause}`, source);
    if (at.task !== number) {
      const culprit = `while it read page ${at.seq} of ${reader.source}`;
      return new ThreadEnded(`The normalizing thread ended ${culprit}: ${cause}`, source);
    }
    // Later attempts count before they read. If counting fails, the next attempt's death is counted instead.
    if (attempt === 1) await countDeath(store, { run: pages, source, seq: at.seq }).catch(() => {});
    const message = `Reading page ${at.seq} of ${source} ended the normalizing thread: ${cause}`;
    return placed(new ThreadEnded(message, source), { page: at.seq });
  };

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
    const number = (tasks += 1);
    running.set(number, (work.normalize ?? work.deliver)!);
    try {
      const result = await pool.run({ ...work, number, port }, { transferList: [port] }).catch(async (error: Error) => {
        throw await threadEnded(number, error);
      });
      if ('error' in result) throw fromPlain(result.error);
      return result.done;
    } finally {
      running.delete(number);
      signal.removeEventListener('abort', abort);
      here.close();
    }
  };
  return {
    normalize: (input, signal, onPage) => run({ normalize: input }, signal, onPage),
    deliver: (input, signal, onPage) => run({ deliver: input }, signal, onPage),
    close: async () => {
      endWatch();
      await pool.destroy();
    },
  };
}
