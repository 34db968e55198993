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
import { deliverRun, type DeliverInput } from '../events/load.js';
import { normalize, type NormalizeInput, type Normalized } from '../normalize/normalize.js';
import { openNormalizerContext } from '../normalize/context.js';
import { ReadingMonitor, watchRows, type ReadingAt } from '../normalize/monitor.js';
import type { Answer, Task, ThreadData } from './thread.js';
import { ThreadEnded } from './thread-ended.js';

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
    const reading = openNormalizerContext(config, store, sources);
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
  return openThread(filename, config, store);
}

/** One thread for all sources, another one when it has ended. */
function openThread(filename: string, config: Config, store: Store): Normalizer {
  const monitor = new ReadingMonitor();
  const workerData: ThreadData = {
    config: { ...config, environment: { ...config.environment } },
    memory: monitor.memory,
  };
  const pool = new Piscina<Task, Answer>({
    filename,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: LISTINGS_A_THREAD,
    resourceLimits: { maxOldGenerationSizeMb: config.normalizerMb },
    workerData,
  });
  let stuck = false;
  /** Where the thread was that ended last. */
  let death: { at: ReadingAt | undefined; stuck: boolean } | undefined;
  const endWatch = watchRows(monitor, config.rowMs, () => {
    stuck = true;
    for (const thread of pool.threads) void thread.terminate();
  });
  // Comes before its tasks hear of it. The next thread begins with nothing.
  pool.on('workerDestroy', () => {
    death = { at: monitor.at(), stuck };
    monitor.end();
    stuck = false;
  });
  const causeOf = (error: Error & { code?: string }): string => {
    if (death?.stuck) return `a row took longer than ${config.rowMs / 1000} s (ROLLCALL_ROW_SECONDS)`;
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return `it needed more than ${config.normalizerMb} MB of memory (ROLLCALL_NORMALIZER_MB)`;
    // The pool's own words; those of any other error may hold values.
    return /^worker exited with code: \d+$/.test(error.message) ? error.message : (error.code ?? error.name);
  };
  const underWay = new Map<number, Pick<NormalizeInput, 'source' | 'pages' | 'attempt'>>();
  let tasks = 0;

  /** What a thread's end means for one of its tasks; counts it against the page that was being read. */
  const ended = async (number: number, error: Error): Promise<ThreadEnded> => {
    const { source, pages, attempt = 1 } = underWay.get(number)!;
    const at = death?.at;
    const reader = at && underWay.get(at.task);
    const cause = causeOf(error);
    if (!at || !reader) return new ThreadEnded(`The normalizing thread ended: ${cause}`, source);
    if (at.task !== number) {
      const culprit = `while it read page ${at.seq} of ${reader.source}`;
      return new ThreadEnded(`The normalizing thread ended ${culprit}: ${cause}`, source);
    }
    // Later attempts have counted it beforehand. One that cannot be counted now is counted the next time.
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
    underWay.set(number, (work.normalize ?? work.deliver)!);
    try {
      const answer = await pool.run({ ...work, number, port }, { transferList: [port] }).catch(async (error: Error) => {
        throw await ended(number, error);
      });
      if ('error' in answer) throw fromPlain(answer.error);
      return answer.done;
    } finally {
      underWay.delete(number);
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
