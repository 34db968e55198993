import type { Store } from '../store/database.js';
import { countDeath, isDeadly, SET_ASIDE, clearDeaths } from './deaths.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { ReadPage } from './page.js';

/** Receives the progress of reading a page; see `ReadingMonitor`. */
export interface ReadObserver {
  begin(seq: number): void;
  row(): void;
  end(): void;
}

export const UNOBSERVED: ReadObserver = { begin: () => {}, row: () => {}, end: () => {} };

/**
 * Serializes the reads of one thread, so that a death is counted for the page that the thread was reading, not for another
 * page.
 */
let lastRead: Promise<unknown> = Promise.resolve();

/**
 * Reads a page, and detects pages whose rows end the process. A first attempt writes nothing: if its thread ends, the
 * worker counts a death for the page. A later attempt may follow the end of a whole process, which no code can count
 * afterwards. So a later attempt counts a death before it reads, and removes the count when it succeeds. A page with
 * `MOST_DEATHS` deaths is rejected as a whole.
 */
export async function readCarefully(
  store: Store,
  page: PageDoc,
  attempt: number,
  observer: ReadObserver,
  read: () => ReadPage,
): Promise<ReadPage> {
  const readObserved = () => {
    observer.begin(page.seq);
    try {
      return read();
    } finally {
      observer.end();
    }
  };
  if (page.rows === 0) return read();
  if (attempt <= 1) {
    // In a first attempt, the stored count comes from an earlier activity: a user reads the page again, so the page gets
    // all its attempts again.
    if (page.deaths !== undefined) await clearDeaths(store, page);
    return readObserved();
  }
  if (isDeadly(page)) return setAside(page);
  const before = lastRead;
  let done = () => {};
  lastRead = new Promise<void>((resolve) => (done = resolve));
  await before;
  try {
    await countDeath(store, page);
    try {
      return readObserved();
    } finally {
      await clearDeaths(store, page);
    }
  } finally {
    done();
  }
}

const setAside = (page: PageDoc): ReadPage => ({
  normalized: [],
  rejected: [{ reason: SET_ASIDE, row: 0, offset: 0, length: page.bytes }],
  setAside: true,
});
