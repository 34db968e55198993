import { datasetOf } from '../normalize/datasets/index.js';
import type { AnySource } from '../model/source.js';
import type { Store } from '../store/database.js';
import { proofOf, type ListingProof } from '../extract/listing-proof.js';
import { countListing } from '../store/collections/pages.js';
import { compareListing, countGone, retireMissing, type Absence } from '../merge/retire.js';
import type { SourceAccount } from '../model/run.js';
import { movedBy, unproven } from '../extract/completeness.js';
import type { CloseInput } from './listing-input.js';

interface Context {
  store: Store;
  /** The share of a source's records that may be retired at once. */
  shrinkShare: number;
}

/**
 * Compares a listing with the records of its source: counts each record once in `account`, lowers the status of a listing that
 * is not proven complete, and retires the records that a complete listing of the kind `full` lacks. `last` is the run of the
 * last complete listing.
 */
export async function compareWithRecords(
  { store, shrinkShare }: Context,
  input: CloseInput,
  account: SourceAccount,
  definition: AnySource,
  last: string | undefined,
): Promise<void> {
  const { run, source } = input;
  const at = new Date(input.closedAt);
  const before = last !== undefined && (await isWhole(store, last, source)) ? last : undefined;
  const absence = await compareListing(store, run, source, async () => {}, before);
  const proof = await proofOf(store, run, source);
  // The ledger holds no record ids of pages that are loaded in order.
  const named = datasetOf(definition).settle !== 'order';
  if (named) recount(account, absence, proof);
  if (account.status !== 'complete') return;
  const unreadable = Math.max(0, account.quarantined - absence.rejected);
  const listed = named ? absence.named + unreadable : account.records;
  if (markUnproven(account, proof, listed, source)) return;
  if (definition.listing !== 'full') return;
  if (input.resumed) {
    account.warnings = [
      ...(account.warnings ?? []),
      'The source was parked during the listing: nothing was retired, the next run will retire what is missing',
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
    account.held = count;
    account.reason = `${count} of ${total} records are missing, but ${why}: ${count < absence.missing ? 'these were not' : 'nothing was'} retired`;
    account.remedy = `${remedy}: npm run rollcall -- runs confirm --source ${source}`;
  };
  const notRetiredWhy = input.confirmShrink
    ? undefined
    : reasonNotToRetire((absence.missing + already) / total, shrinkShare, account.quarantined - absence.rejected);
  if (notRetiredWhy !== undefined)
    return leaveUnretired(absence.missing, notRetiredWhy, 'Check the source; to retire them if they are gone');
  const shifted = input.confirmShrink ? undefined : movedBy(proof, listed, account.repeated);
  if (shifted === undefined) {
    account.gone = await retireMissing(store, run, source, at);
    return;
  }
  // A single listing may have skipped records, so only those that two listings in a row lack are retired.
  const first = before === undefined ? absence.missing : absence.first;
  account.gone = first < absence.missing ? await retireMissing(store, run, source, at, before) : already;
  if (first > 0)
    leaveUnretired(first, shifted, 'The next listing retires those that it also lacks; to retire them now');
}

/** Lowers the status of a listing whose rows are not all normalized, when its pages do not prove it complete. */
export async function markUnreadUnproven(
  store: Store,
  { run, source }: CloseInput,
  account: SourceAccount,
): Promise<void> {
  if (account.status !== 'complete') return;
  const proof = await proofOf(store, run, source);
  markUnproven(account, proof, proof.rows, source);
}

function markUnproven(account: SourceAccount, proof: ListingProof, listed: number, source: string): boolean {
  const doubt = unproven(proof, listed, source);
  if (!doubt) return false;
  account.status = listed > 0 ? 'partial' : 'failed';
  account.reason = `not proven to be complete (${doubt.name}): ${doubt.says}; nothing was retired`;
  account.remedy = doubt.remedy;
  return true;
}

/** Whether the ledger of an earlier listing still holds all its pages, normalized. */
async function isWhole(store: Store, run: string, source: string): Promise<boolean> {
  const pruned = await store.runs.findOne({ _id: run, pruned_at: { $exists: true } }, { projection: { _id: 1 } });
  const { pages, missing, waiting } = await countListing(store, run, source);
  return pruned === null && pages > 0 && missing === 0 && waiting === 0;
}

/** Counts each record once: a repeated row was counted as one more unchanged record. */
function recount(account: SourceAccount, { seen, again }: Absence, { unreadableBefore }: ListingProof): void {
  const read = account.new + account.changed + account.unchanged;
  account.repeated = Math.max(0, read - seen - again.seen);
  account.unchanged = Math.max(0, account.unchanged - account.repeated - again.seen);
  account.quarantined = Math.max(0, account.quarantined - again.rejected - unreadableBefore);
  account.records = account.new + account.changed + account.unchanged + account.quarantined;
}

/** Why missing records are not retired, even when several listings in a row lack them; `undefined` when they may be. */
function reasonNotToRetire(share: number, most: number, unreadable: number): string | undefined {
  if (share > most) return `the listing shrank by ${Math.round(share * 100)} %`;
  return unreadable > 0 ? `${unreadable} rows in quarantine have no readable id` : undefined;
}
