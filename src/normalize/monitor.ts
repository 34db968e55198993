/** Where a thread is in its pages. */
export interface ReadingAt {
  /** Number of the task, given by the worker. */
  task: number;
  /** Position of the page in its listing. */
  seq: number;
  /** Moves with every row. */
  rows: number;
}

const READING = 0;
const TASK = 1;
const SEQ = 2;
const ROWS = 3;

/**
 * What a normalizing thread reads, in memory that it shares with the worker: rows are mapped by code of the user, in which a
 * thread may stay for ever, or end. Then nobody else can say where it was.
 */
export class ReadingMonitor {
  readonly #cells: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT)) {
    this.#cells = new Int32Array(memory);
  }

  begin(task: number, seq: number): void {
    Atomics.store(this.#cells, TASK, task);
    Atomics.store(this.#cells, SEQ, seq);
    this.row();
    Atomics.store(this.#cells, READING, 1);
  }

  row(): void {
    Atomics.add(this.#cells, ROWS, 1);
  }

  end(): void {
    Atomics.store(this.#cells, READING, 0);
  }

  /** `undefined` while no page is being read. */
  at(): ReadingAt | undefined {
    if (Atomics.load(this.#cells, READING) === 0) return undefined;
    const [task, seq, rows] = [TASK, SEQ, ROWS].map((cell) => Atomics.load(this.#cells, cell)) as [
      number,
      number,
      number,
    ];
    return { task, seq, rows };
  }
}

const LOOKS = 10;

/**
 * Calls `stuck` when the thread has stayed within one row for `rowMs`. Looks are counted, not time: a worker that was
 * suspended makes one look when it wakes up. Returns what ends the watch.
 */
export function watchRows(monitor: ReadingMonitor, rowMs: number, stuck: () => void): () => void {
  let last: ReadingAt | undefined;
  let looks = 0;
  const timer = setInterval(
    () => {
      const now = monitor.at();
      const same = now !== undefined && last?.rows === now.rows && last.task === now.task;
      last = now;
      looks = same ? looks + 1 : 0;
      if (looks < LOOKS) return;
      looks = 0;
      stuck();
    },
    Math.max(1, rowMs / LOOKS),
  );
  timer.unref();
  return () => clearInterval(timer);
}
