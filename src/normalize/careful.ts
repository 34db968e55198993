import type { Store } from '../store/database.js';
import { countDeath, isDeadly, SET_ASIDE, survive } from './deaths.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { ReadPage } from './page.js';

/** Told where the reading of pages is; see `ReadingMonitor`. */
export interface Watched {
  begin(seq: number): void;
  row(): void;
  end(): void;
}

export const UNWATCHED: Watched = { begin: () => {}, row: () => {}, end: () => {} };

/** Pages that are read in a thread take turns: while one is, no other one may count as the one on which it died. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Reads a page so that one whose rows end the process is found. A first attempt writes nothing; where its thread ends, the
 * worker counts that. Further ones may follow the death of a whole process, which nobody can count afterwards: they
 * count it beforehand, and take it back. A page that was counted too often is rejected as a whole.
 */
export async function readCarefully(
  store: Store,
  page: PageDoc,
  attempt: number,
  watched: Watched,
  read: () => ReadPage,
): Promise<ReadPage> {
  const watching = () => {
    watched.begin(page.seq);
    try {
      return read();
    } finally {
      watched.end();
    }
  };
  if (page.rows === 0) return read();
  if (attempt <= 1) {
    // Somebody lets it be read anew: it gets all its attempts again.
    if (page.deaths !== undefined) await survive(store, page);
    return watching();
  }
  if (isDeadly(page)) return setAside(page);
  const before = turn;
  let done = () => {};
  turn = new Promise<void>((resolve) => (done = resolve));
  await before;
  try {
    await countDeath(store, page);
    try {
      return watching();
    } finally {
      await survive(store, page);
    }
  } finally {
    done();
  }
}

const setAside = (page: PageDoc): ReadPage => ({
  understood: [],
  rejected: [{ reason: SET_ASIDE, row: 0, offset: 0, length: page.bytes }],
  setAside: true,
});
