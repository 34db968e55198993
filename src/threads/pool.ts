import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Config } from '../config.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { countDeath } from '../normalize/deaths.js';
import { pageWaitMs } from '../model/timings.js';
import { fromPlain, withLocation } from '../normalize/errors.js';
import { loadInOrder, type LoadInput } from '../events/load.js';
import { normalizeFollowing } from '../normalize/following.js';
import { normalize } from '../normalize/normalize.js';
import type { NormalizeInput, Normalized } from '../normalize/normalized.js';
import { openNormalizerContext } from '../normalize/context.js';
import { ReadingMonitor, watchRows, type ReadingAt } from '../normalize/monitor.js';
import type { Merged } from '../merge/merged.js';
import { mergeParts, type PartsInput } from '../merge/plan/merge-parts.js';
import type { TaskResult, TaskSum, Task, ThreadData } from './thread.js';
import { ThreadEnded } from './thread-ended.js';

/** The work that takes most of a worker's CPU time. */
export interface Threads {
  /** Normalizes pages. Calls `onPage` with the sums after each page. Throws `Failure` or `MongoError`. */
  normalize(input: NormalizeInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  /** Loads the events of a whole listing in order. Throws the same errors. */
  loadInOrder(input: LoadInput, signal: AbortSignal, onPage: (sum: Normalized) => void): Promise<Normalized>;
  /** Merges parts of a plan. Calls `onPart` with the sum after each part. Throws `MongoError`. */
  mergeParts(input: PartsInput, signal: AbortSignal, onPart: (sum: Merged) => void): Promise<Merged>;
  close(): Promise<void>;
}

/** Tasks that one thread runs at once: while one waits for MongoDB, another one maps rows. The others wait for their turn. */
const TASKS_A_THREAD = 2;

/**
 * Opens a normalizer that runs in threads with their own connections, or in this thread if there is no compiled code (in tests).
 */
export function openThreads(config: Config, store: Store, sources: SourceRegistry): Threads {
  const filename = join(__dirname, 'thread.js');
  const limits = { rows: config.batchRecords, waitMs: pageWaitMs(config.timings) };
  if (!existsSync(filename)) {
    const context = openNormalizerContext(config, store, sources);
    return {
      normalize: (input, signal, onPage) => normalize(context, input, { ...limits, signal, onPage }),
      loadInOrder: (input, signal, onPage) => loadInOrder(context, input, { signal, onPage }),
      mergeParts: (input, signal, onPart) => mergeParts(store, input, signal, onPart),
      close: async () => context.outputs.logins?.close(),
    };
  }
  const threads = shareOut(Array.from({ length: config.normalizers }, () => openThread(filename, config, store)));
  return {
    ...threads,
    normalize: (input, signal, onPage) =>
      normalizeFollowing(store, input, { ...limits, signal, onPage }, (stored, onStored) =>
        threads.normalize(stored, signal, onStored),
      ),
  };
}

/**
 * Gives each task to the thread with the fewest tasks. A later attempt goes to the first thread: it may follow the death of the
 * process, and then the pages of such attempts must be read one after the other, see `readCarefully`.
 */
function shareOut(threads: readonly Threads[]): Threads {
  const tasks = threads.map(() => 0);
  const run = async <T>(attempt: number | undefined, work: (thread: Threads) => Promise<T>): Promise<T> => {
    const at = (attempt ?? 1) > 1 ? 0 : tasks.indexOf(Math.min(...tasks));
    tasks[at]! += 1;
    try {
      return await work(threads[at]!);
    } finally {
      tasks[at]! -= 1;
    }
  };
  return {
    normalize: (input, signal, onPage) => run(input.attempt, (thread) => thread.normalize(input, signal, onPage)),
    loadInOrder: (input, signal, onPage) => run(input.attempt, (thread) => thread.loadInOrder(input, signal, onPage)),
    mergeParts: (input, signal, onPart) => run(1, (thread) => thread.mergeParts(input, signal, onPart)),
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  };
}

/** Starts one thread, and a new one when it ends. */
function openThread(filename: string, config: Config, store: Store): Threads {
  const monitor = new ReadingMonitor();
  const workerData: ThreadData = {
    config: { ...config, environment: { ...config.environment } },
    memory: monitor.memory,
  };
  const pool = new Piscina<Task, TaskResult>({
    filename,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: TASKS_A_THREAD,
    resourceLimits: { maxOldGenerationSizeMb: config.normalizerMb },
    workerData,
  });
  let stuck = false;
  /** The position that the last ended thread was reading. */
  let death: { at: ReadingAt | undefined; stuck: boolean } | undefined;
  const endWatch = watchRows(monitor, config.rowMs, () => {
    stuck = true;
    for (const thread of pool.threads) void thread.terminate();
  });
  // Piscina emits this event before it rejects the tasks of the thread. The next thread starts with a cleared monitor.
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
    const { source, pages, attempt = 1 } = running.get(number) ?? {};
    const at = death?.at;
    const reader = at && running.get(at.task);
    const cause = causeOf(error);
    if (!at || !reader) return new ThreadEnded(`The normalizing thread ended: ${cause}`, source);
    if (!source || !pages || at.task !== number) {
      const culprit = `while it read page ${at.seq} of ${reader.source}`;
      return new ThreadEnded(`The normalizing thread ended ${culprit}: ${cause}`, source);
    }
    // Later attempts count the death themselves before they read. If this count fails, the death of the next attempt is
    // counted instead.
    if (attempt === 1) await countDeath(store, { run: pages, source, seq: at.seq }).catch(() => {});
    const message = `Reading page ${at.seq} of ${source} ended the normalizing thread: ${cause}`;
    return withLocation(new ThreadEnded(message, source), { page: at.seq });
  };

  const run = async <Sum extends TaskSum>(
    work: Pick<Task, 'normalize' | 'loadInOrder' | 'mergeParts'>,
    signal: AbortSignal,
    onSum: (sum: Sum) => void,
  ): Promise<Sum> => {
    const { port1: here, port2: port } = new MessageChannel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
    const abort = () => here.postMessage('stop');
    here.on('message', onSum);
    signal.addEventListener('abort', abort);
    const number = (tasks += 1);
    const reading = work.normalize ?? work.loadInOrder;
    if (reading) running.set(number, reading);
    try {
      const result = await pool.run({ ...work, number, port }, { transferList: [port] }).catch(async (error: Error) => {
        throw await threadEnded(number, error);
      });
      if ('error' in result) throw fromPlain(result.error);
      return result.done as Sum;
    } finally {
      running.delete(number);
      signal.removeEventListener('abort', abort);
      here.close();
    }
  };
  return {
    normalize: (input, signal, onPage) => run({ normalize: input }, signal, onPage),
    loadInOrder: (input, signal, onPage) => run({ loadInOrder: input }, signal, onPage),
    mergeParts: (input, signal, onPart) => run({ mergeParts: input }, signal, onPart),
    close: async () => {
      endWatch();
      await pool.destroy();
    },
  };
}
