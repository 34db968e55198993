import { hosts } from '../datasets/hosts.js';
import { Failure } from '../failure.js';
import { offlineInput } from '../sources/offline.js';
import { RecordRejected, type Input, type Row, type SourceDefinition } from '../sources/source.js';
import { getBody } from '../store/bodies.js';
import type { PageDoc, PageOutcome } from '../store/pages.js';
import { pagesBetween } from '../store/pages.js';
import { putRejected, releaseUnderstood, type Rejected } from '../store/quarantine.js';
import { putRecords, type Understood } from '../store/records.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';

export interface NormalizeInput {
  run: string;
  source: string;
  /** Pages `from` (inclusive) to `to` (exclusive; `null`: whatever the ledger holds) of the listing `pages`. */
  from: number;
  to: number | null;
  /** The run whose stored pages are read: another one than `run` when they are replayed. */
  pages: string;
}

export interface Normalized {
  pages: number;
  rows: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
}

/** Turns stored pages into records. Asks no vendor; repeating it changes nothing; one bad row is quarantined, its neighbours go on. */
export function normalizeActivity({ store, sources, config, log }: Dependencies) {
  return async function normalizePages(input: NormalizeInput): Promise<Normalized> {
    const sum: Normalized = { pages: 0, rows: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0 };
    const add = (page: PageDoc, outcome: Omit<PageOutcome, 'at' | 'ids' | 'rejected_ids'>) => {
      sum.pages += 1;
      sum.rows += page.rows;
      for (const count of ['new', 'changed', 'unchanged', 'quarantined'] as const) sum[count] += outcome[count];
    };

    const work = async () => {
      const source = sources.get(input.source);
      const reader = offlineInput(source, config.environment);
      const replay = input.pages !== input.run;
      const quarantined =
        (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;
      const ledger = await pagesBetween(
        store,
        input.pages,
        source.name,
        input.from,
        (input.to ?? Number.MAX_SAFE_INTEGER) - 1,
      );
      // The next page is read and mapped while this one's writes are under way.
      let writing: Promise<void> = Promise.resolve();
      for (const page of ledger) {
        if (page.outcome && !replay) {
          add(page, page.outcome);
          continue;
        }
        const body = page.rows === 0 ? undefined : await getBody(store, page.digest, page.bytes);
        const { understood, rejected } = page.rows === 0 ? NOTHING : readPage(source, reader, page, body);
        await writing;
        writing = write(source, page, understood, rejected, quarantined);
        writing.catch(() => {}); // awaited at the next page, and at the end
        await new Promise(setImmediate); // pages are parsed in one go: let heartbeats and fetches through in between
      }
      await writing;
    };

    const write = async (
      source: SourceDefinition,
      page: PageDoc,
      understood: Understood[],
      rejected: Rejected[],
      quarantined: boolean,
    ) => {
      const origin = {
        source: source.name,
        vendor: source.vendor,
        page: page._id,
        run: input.run,
        observedAt: page.fetched_at,
      };
      const counts = await putRecords(store, origin, understood);
      await putRejected(store, origin, rejected);
      if (quarantined) await releaseUnderstood(store, page._id, understood);
      const outcome = { ...counts, quarantined: rejected.length };
      if (input.pages === input.run || !page.outcome) {
        const ids = understood.map((record) => record._id.slice(source.name.length + 1));
        const rejected_ids = rejected.flatMap(({ recordId }) => recordId ?? []);
        await store.pages.updateOne(
          { _id: page._id },
          { $set: { outcome: { at: new Date(), ...outcome, ids, rejected_ids } } },
        );
      }
      add(page, outcome);
    };

    return withHeartbeat(
      () => ({ pages: sum.pages }),
      async () => {
        try {
          await work();
          return sum;
        } catch (error) {
          activityLog(log, input.run, input.source).error(
            { page: input.from + sum.pages, error: (error as Error).name },
            'Normalizing stopped',
          );
          throw toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs);
        }
      },
    );
  };
}

const NOTHING: { understood: Understood[]; rejected: Rejected[] } = { understood: [], rejected: [] };

function readPage(
  source: SourceDefinition,
  reader: Input,
  page: PageDoc,
  body: Buffer | undefined,
): { understood: Understood[]; rejected: Rejected[] } {
  const understood = new Map<string, Understood>();
  const rejected: Rejected[] = [];
  const whole = (reason: string) => ({ understood: [], rejected: [{ reason, row: 0, offset: 0, length: page.bytes }] });
  if (!body) return whole('the stored body is missing');
  try {
    for (const row of reader.rows({ body, mediaType: page.media_type, status: page.status })) {
      const record = understand(source, row, rejected);
      // The same record twice in one page is one record: the later row wins.
      if (record) understood.set(record._id, record);
    }
  } catch (error) {
    if (error instanceof Failure) return whole(error.message);
    throw error;
  }
  return { understood: [...understood.values()], rejected };
}

function understand(source: SourceDefinition, row: Row, rejected: Rejected[]): Understood | undefined {
  const place = { row: row.index, offset: row.offset, length: row.length };
  if (row.error !== undefined) {
    rejected.push({ reason: row.error, ...place });
    return undefined;
  }
  try {
    return hosts.understand(source, source.map(row.value), row.index);
  } catch (error) {
    const known = error instanceof RecordRejected;
    // A mapping that breaks is our defect, yet one record's: it waits in quarantine for the fix. Its message may hold values.
    const reason = known ? error.reason : `mapping broke: ${(error as Error).name}`;
    rejected.push({ reason, ...place, ...(known && error.recordId !== undefined ? { recordId: error.recordId } : {}) });
    return undefined;
  }
}
