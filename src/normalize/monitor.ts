/** The page and row that a thread is reading. */
export interface ReadingAt {
  /** Number of the task, given by the worker. */
  task: number;
  /** Position of the page in its listing. */
  seq: number;
  /** Increases with every row. */
  rows: number;
}

const READING = 0;
const TASK = 1;
const SEQ = 2;
const ROWS = 3;

/**
 * Shows the worker which page and row a normalizing thread is reading, through shared memory. The user's code maps the
 * rows, and it may loop forever or end the thread. Afterwards the thread cannot report its position.
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

const CHECKS = 10;

/**
 * Calls `stuck` when the thread has been in the same row for `rowMs`. Counts checks instead of time, because a worker that
 * was suspended makes only one check when it resumes. Returns a function that stops the checks.
 */
export function watchRows(monitor: ReadingMonitor, rowMs: number, stuck: () => void): () => void {
  let last: ReadingAt | undefined;
  let checks = 0;
  const timer = setInterval(
    () => {
      const now = monitor.at();
      const same = now !== undefined && last?.rows === now.rows && last.task === now.task;
      last = now;
      checks = same ? checks + 1 : 0;
      if (checks < CHECKS) return;
      checks = 0;
      stuck();
    },
    Math.max(1, rowMs / CHECKS),
  );
  timer.unref();
  return () => clearInterval(timer);
}
