import { Context } from '@temporalio/activity';
import { BatchFetcher } from '../extract/batch-fetcher.js';
import type { FetchInput, PageBatch } from '../extract/page-batch.js';
import { counts } from '../metrics/counts.js';
import { Failure } from '../model/failure.js';
import { resolveSettings } from '../model/settings.js';
import type { Input } from '../model/source.js';
import type { PageDoc } from '../store/documents/pages.js';
import { ThreadEnded } from '../threads/thread-ended.js';
import { describeAttempt } from './attempt.js';
import { activityLog, type Dependencies } from './context.js';
import { triesSoFar } from './parked.js';

/** Fetches one batch of pages into the ledger; see `BatchFetcher`. */
export function fetchActivity({ store, sources, threads, keys, config, log }: Dependencies) {
  // The worker keeps one input per source, because an input caches its login and the region to which the vendor redirected
  // it.
  const inputs = new Map<string, Input>();
  const inputOf = (name: string): Input => {
    const source = sources.get(name);
    const open = inputs.get(name) ?? source.input(resolveSettings(name, source.settings, config.environment));
    inputs.set(name, open);
    return open;
  };

  return async function fetchPages(input: FetchInput): Promise<PageBatch> {
    const { run, source } = input;
    const { cancellationSignal, info } = Context.current();
    const started = Date.now();
    const tries = triesSoFar();
    let fetcher: BatchFetcher | undefined;
    /** The delay that the vendor asked for. */
    let waitMs: number | undefined;
    describeAttempt({
      tries,
      details: () => tries,
      position: () => ({
        page: fetcher?.batch.to ?? input.seq,
        ...(tries.count > 0 ? { tries: tries.count } : {}),
        ...(waitMs === undefined ? {} : { waitMs }),
      }),
    });
    const onStored = ({ bytes, rows }: PageDoc) => {
      tries.count = 0;
      counts.pages.inc({ source });
      counts.bytes.inc({ source }, bytes);
      counts.rows.inc({ source }, rows);
    };
    const countFailure = (error: Failure) => {
      // A page that ends the normalizing thread is not a failure of the vendor. Such a page is set aside after three
      // deaths.
      if (!(error instanceof ThreadEnded)) {
        if (tries.count === 0) tries.since = Date.now();
        tries.count += 1;
      }
      waitMs = error.details.retryAfterMs;
      counts.failures.inc({ source, kind: error.kind });
      counts.waits.inc({ source }, (waitMs ?? 0) / 1000);
    };
    try {
      fetcher = new BatchFetcher({ store, keys, config }, sources.get(source), inputOf(source), input, {
        signal: cancellationSignal,
        normalizeFrom: (from, signal) =>
          threads.normalize({ run, source, from, follow: false, pages: run, attempt: info.attempt }, signal, () => {}),
        onStored,
      });
      const batch = await fetcher.fetch();
      const { from, to, next, total, inline, rows, bytes } = batch;
      const fields = { from, pages: to - from, rows, bytes, total, ...inline, ended: next === null };
      if (to > from) activityLog(log, run, source).info({ ...fields, ms: Date.now() - started }, 'Pages fetched');
      return batch;
    } catch (error) {
      if (error instanceof Failure) countFailure(error);
      throw error;
    }
  };
}
