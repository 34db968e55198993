import type { CloseInput, OpenInput, Opened } from './listing-input.js';
import { CUT_OFF } from '../connectors/jsonl/index.js';
import { datasetOf } from '../normalize/datasets/index.js';
import { freshnessOf } from '../sources/loading/freshness.js';
import { isFuture, assertClocksAgree } from '../store/clock.js';
import { pagesSetAside } from '../normalize/deaths.js';
import { countListing } from '../store/collections/pages.js';
import { leaveEarlier, overflowWarning } from '../store/quarantine-overflow.js';
import { putAccount, resumeAccount } from '../store/collections/runs.js';
import { NO_COUNTS, type SourceAccount } from '../model/run.js';
import { isRelisted } from '../model/source.js';
import { finalizeSchema } from '../store/collections/schemas.js';
import { keepPositions } from '../store/collections/sources.js';
import { activityLog, type Dependencies } from './context.js';
import { compareWithRecords, markUnreadUnproven } from '../extract/retirement.js';

const RESTORE_REMEDY = 'If MongoDB was restored during this run, trigger the run again: it starts from the beginning';

/** Reason and remedy for pages that were set aside because reading them ended the process three times. */
function pagesSetAsideOf(source: string, pages: readonly number[]): { reason: string; remedy: string } | undefined {
  const [first] = pages;
  if (first === undefined) return undefined;
  const named = pages.length === 1 ? `page ${first} was` : `${pages.length} pages, the first of them ${first}, were`;
  return {
    reason: `${named} set aside, because reading ended the process three times; all other pages were read`,
    remedy: `Correct map() of ${source} (it never ends, needs too much memory or crashes), restart the workers, then: npm run rollcall -- quarantine retry --source ${source}`,
  };
}

/** Opens and closes one source's listing within a run. */
export function listingActivities({ store, sources, config, log }: Dependencies) {
  return {
    /** Decides whether the source is due. Throws `Failure` for an unknown source. */
    async openListing({ run, source, force, fetch }: OpenInput): Promise<Opened> {
      const definition = sources.get(source);
      const known = await store.sources.findOne({ _id: source });
      const window = freshnessOf(definition, config);
      const last = known?.last_complete;
      await assertClocksAgree(store);
      const now = await store.clock.now();
      // A completion time in the future comes from a clock that was ahead, so the source does not count as fresh.
      if (fetch && !force && last && !isFuture(last.at, now) && now.getTime() - last.at.getTime() < window) {
        const reason = `collected at ${last.at.toISOString()}, within its window of ${Math.round(window / 60_000)} min; --force collects it anyway`;
        const account: SourceAccount = { ...NO_COUNTS, status: 'fresh', reason, started_at: now, ended_at: now };
        await putAccount(store, run, source, account);
        return { collect: false, account };
      }
      if (fetch) {
        const checked = { vendor: definition.vendor, last_run: run, last_checked: now };
        await store.sources.updateOne({ _id: source }, { $set: checked, $unset: { parked: true } }, { upsert: true });
      }
      await putAccount(store, run, source, { ...NO_COUNTS, status: 'collecting', started_at: now });
      return {
        collect: true,
        startedAt: now.toISOString(),
        ...(known?.last_run ? { lastRun: known.last_run } : {}),
        listing: definition.listing,
        afterNormalizing: datasetOf(definition).afterNormalizing,
        timings: config.timings,
        // Twice as many as threads, so that several workers get about equal shares.
        shares: 2 * config.normalizers,
      };
    },

    /** Clears the parked state when a source resumes. */
    async resumeListing({ run, source }: { run: string; source: string }): Promise<void> {
      await store.sources.updateOne(
        { _id: source },
        { $set: { last_checked: await store.clock.now() }, $unset: { parked: true } },
      );
      await resumeAccount(store, run, source);
    },

    /**
     * Counts the listing from its ledger. After a complete listing, retires the records that the listing no longer
     * contains, but not more than the configured share at once unless the user has confirmed it.
     */
    async closeListing(input: CloseInput): Promise<SourceAccount> {
      return close(input);
    },
  };

  async function close(input: CloseInput): Promise<SourceAccount> {
    const { run, source } = input;
    const definition = sources.get(source);
    const counts = { ...(await countListing(store, run, source)), ...input.counted };
    const setAside = pagesSetAsideOf(source, await pagesSetAside(store, run, source));
    const complete = input.complete && counts.missing === 0 && !setAside;
    const read = counts.rows + counts.new + counts.changed + counts.unchanged;
    const account: SourceAccount = {
      ...NO_COUNTS,
      status: complete ? 'complete' : read > 0 ? 'partial' : 'failed',
      ...setAside,
      ...(input.reason === undefined ? {} : { reason: input.reason }),
      ...(counts.missing > 0
        ? { reason: `the ledger lacks ${counts.missing} pages of this listing`, remedy: RESTORE_REMEDY }
        : {}),
      ...(input.remedy === undefined ? {} : { remedy: input.remedy }),
      ...(input.warnings?.length ? { warnings: input.warnings } : {}),
      ...(input.parked ? { parked: true } : {}),
      pages: counts.pages,
      rows: counts.rows,
      new: counts.new,
      changed: counts.changed,
      unchanged: counts.unchanged,
      quarantined: counts.quarantined,
      records: counts.new + counts.changed + counts.unchanged + counts.quarantined,
      started_at: new Date(input.startedAt),
      ended_at: new Date(input.closedAt),
    };
    if (counts.overflow > 0)
      account.warnings = [...(account.warnings ?? []), overflowWarning(counts.overflow, store.mostQuarantined)];
    const whole = !input.replayed && counts.waiting === 0;
    const { listing } = definition;
    const last = (await store.sources.findOne({ _id: source }, { projection: { last_complete: 1 } }))?.last_complete;
    // A repeated attempt finds its own run as the last complete run, and uses the complete run before it.
    const before = last?.run === run ? last.before : last?.run;
    const relisted = isRelisted(definition);
    const context = { store, shrinkShare: config.shrinkShare };
    if (relisted && whole) await compareWithRecords(context, input, account, definition, before);
    else if (relisted && !input.replayed) await markUnreadUnproven(store, input, account);
    if (whole && account.status === 'complete') {
      // This run normalized the rows that earlier runs quarantined, or the vendor no longer lists them.
      if (listing === 'full') await leaveEarlier(store, source, run);
      if (listing === 'append') await keepGrowth(run, source);
      const closed = { run, at: new Date(input.closedAt), records: account.records, ...(before ? { before } : {}) };
      await store.sources.updateOne({ _id: source }, { $set: { last_complete: closed } }, { upsert: true });
      const drift = await finalizeSchema(store, source, run);
      if (drift) account.drift = drift;
    }
    await putAccount(store, run, source, account);
    await markParked(input, account);
    const { started_at: _started, ended_at: _ended, ...counted } = account;
    activityLog(log, run, source).info(counted, 'Listing closed');
    return account;
  }

  async function markParked(
    { run, source, closedAt, parked: kind }: CloseInput,
    account: SourceAccount,
  ): Promise<void> {
    const { reason = '', remedy } = account;
    const parked = kind && { run, at: new Date(closedAt), kind, reason, ...(remedy ? { remedy } : {}) };
    await store.sources.updateOne({ _id: source }, parked ? { $set: { parked } } : { $unset: { parked: true } });
  }

  /**
   * Saves the positions at which the next run begins. This run has completely read the lines that earlier runs quarantined
   * as cut off.
   */
  async function keepGrowth(run: string, source: string): Promise<void> {
    await store.quarantine.deleteMany({ source, run: { $ne: run }, reason: CUT_OFF });
    await keepPositions(store, run, source);
  }
}
