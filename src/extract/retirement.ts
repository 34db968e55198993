import { datasetOf } from '../normalize/datasets/index.js';
import type { AnySource } from '../model/source.js';
import type { Store } from '../store/database.js';
import { proofOf, type ListingProof } from './listing-proof.js';
import { countListing } from '../store/collections/pages.js';
import { compareListing, countGone, retireMissing, type Absence } from '../merge/missing-records.js';
import type { SourceAccount } from '../model/run.js';
import { shiftOf, incompletenessOf } from './completeness.js';

interface Context {
  store: Store;
  /** The share of a source's records that may be retired at once. */
  shrinkShare: number;
}

/** A listing whose pages are all fetched. */
interface ClosedListing {
  run: string;
  source: string;
  closedAt: string;
  /** The source was parked during the listing: pages of different days do not prove that a record is gone. */
  resumed?: boolean;
  /** Retire all missing records, even when they exceed the permitted share. */
  confirmShrink: boolean;
}

/**
 * Compares a listing with the records of its source: counts each record once in `account`, lowers the status of a listing
 * that is not proven complete, and retires the records that a complete listing of the kind `full` does not contain. `last`
 * is the run of the last complete listing. This file decides; `merge/missing-records.ts` compares and retires, and
 * `merge/unconfirmed-retirements.ts` serves a user who confirms.
 */
export async function compareWithRecords(
  { store, shrinkShare }: Context,
  input: ClosedListing,
  account: SourceAccount,
  definition: AnySource,
  last: string | undefined,
): Promise<void> {
  const { run, source } = input;
  const at = new Date(input.closedAt);
  const before = last !== undefined && (await isWhole(store, last, source)) ? last : undefined;
  const absence = await compareListing(store, run, source, async () => {}, before);
  const proof = await proofOf(store, run, source);
  // The ledger contains no record ids of pages that are loaded in order.
  const named = datasetOf(definition).afterNormalizing !== 'order';
  if (named) recount(account, absence, proof);
  if (account.status !== 'complete') return;
  const unreadable = Math.max(0, account.quarantined - absence.rejected);
  const listed = named ? absence.named + unreadable : account.records;
  if (markUnproven(account, proof, listed, source)) return;
  if (definition.listing !== 'full') return;
  if (input.resumed) {
    account.warnings = [
      ...(account.warnings ?? []),
      'The source was parked during the listing: no records were retired; the next run retires the missing records',
    ];
    return;
  }
  const already = await countGone(store, source, at);
  const total = absence.live + already;
  if (absence.missing === 0) {
    account.gone = already;
    return;
  }
  const leaveUnretired = (count: number, why: string, remedy: string) => {
    account.unconfirmed = count;
    account.reason = `${count} of ${total} records are missing, but ${why}: ${count < absence.missing ? 'these were not' : 'nothing was'} retired`;
    account.remedy = `${remedy}: npm run rollcall -- runs confirm --source ${source}`;
  };
  const notRetiredWhy = input.confirmShrink
    ? undefined
    : reasonNotToRetire((absence.missing + already) / total, shrinkShare, account.quarantined - absence.rejected);
  if (notRetiredWhy !== undefined)
    return leaveUnretired(
      absence.missing,
      notRetiredWhy,
      'Check the source; if the records no longer exist, retire them with',
    );
  const shifted = input.confirmShrink ? undefined : shiftOf(proof, listed, account.repeated);
  if (shifted === undefined) {
    account.gone = await retireMissing(store, run, source, at);
    return;
  }
  // A single listing may have skipped records, so only records that are missing from two listings in a row are retired.
  const first = before === undefined ? absence.missing : absence.first;
  account.gone = first < absence.missing ? await retireMissing(store, run, source, at, before) : already;
  if (first > 0)
    leaveUnretired(first, shifted, 'The next listing retires the records that are still missing; to retire them now');
}

/** Lowers the status of a listing whose rows are not all normalized, when its pages do not prove it complete. */
export async function markUnreadUnproven(
  store: Store,
  { run, source }: ClosedListing,
  account: SourceAccount,
): Promise<void> {
  if (account.status !== 'complete') return;
  const proof = await proofOf(store, run, source);
  markUnproven(account, proof, proof.rows, source);
}

function markUnproven(account: SourceAccount, proof: ListingProof, listed: number, source: string): boolean {
  const doubt = incompletenessOf(proof, listed, source);
  if (!doubt) return false;
  account.status = listed > 0 ? 'partial' : 'failed';
  account.reason = `not proven to be complete (${doubt.name}): ${doubt.reason}; nothing was retired`;
  account.remedy = doubt.remedy;
  return true;
}

/** Whether the ledger of an earlier listing still contains all its pages, and all of them are normalized. */
async function isWhole(store: Store, run: string, source: string): Promise<boolean> {
  const pruned = await store.runs.findOne({ _id: run, pruned_at: { $exists: true } }, { projection: { _id: 1 } });
  const { pages, missing, waiting } = await countListing(store, run, source);
  return pruned === null && pages > 0 && missing === 0 && waiting === 0;
}

/** Corrects the counts, so that each record counts once: each repeated row was counted as one more unchanged record. */
function recount(account: SourceAccount, { seen, again }: Absence, { unreadableBefore }: ListingProof): void {
  const read = account.new + account.changed + account.unchanged;
  account.repeated = Math.max(0, read - seen - again.seen);
  account.unchanged = Math.max(0, account.unchanged - account.repeated - again.seen);
  account.quarantined = Math.max(0, account.quarantined - again.rejected - unreadableBefore);
  account.records = account.new + account.changed + account.unchanged + account.quarantined;
}

/**
 * Why missing records are not retired, even if they are missing from several listings in a row; `undefined` if they may be
 * retired.
 */
function reasonNotToRetire(share: number, most: number, unreadable: number): string | undefined {
  if (share > most) return `the listing shrank by ${Math.round(share * 100)} %`;
  return unreadable > 0 ? `${unreadable} rows in quarantine have no readable id` : undefined;
}
