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
 * Compares a listing with the records of its source: counts each record once in `account`, doubts what is not proven, and
 * retires what is missing from a complete listing of the kind `full`. `last`: the run of the last complete listing.
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
  // What is put in order is not in the ledger by its ids.
  const named = datasetOf(definition).settle !== 'order';
  if (named) recount(account, absence, proof);
  if (account.status !== 'complete') return;
  const unreadable = Math.max(0, account.quarantined - absence.rejected);
  const listed = named ? absence.named + unreadable : account.records;
  if (isDoubted(account, proof, listed, source)) return;
  if (definition.listing !== 'full') return;
  if (input.resumed) {
    account.warnings = [
      ...(account.warnings ?? []),
      'It was parked in between: nothing was retired, the next run will',
    ];
    return;
  }
  const already = await countGone(store, source, at);
  const total = absence.live + already;
  if (absence.missing === 0) {
    account.gone = already;
    return;
  }
  const hold = (count: number, why: string, remedy: string) => {
    account.held = count;
    account.reason = `${count} of ${total} records are missing, but ${why}: ${count < absence.missing ? 'these were not' : 'nothing was'} retired`;
    account.remedy = `${remedy}: npm run rollcall -- runs confirm --source ${source}`;
  };
  const held = input.confirmShrink
    ? undefined
    : heldBy((absence.missing + already) / total, shrinkShare, account.quarantined - absence.rejected);
  if (held !== undefined) return hold(absence.missing, held, 'Check the source; if they are really gone');
  const moved = input.confirmShrink ? undefined : movedBy(proof, listed, account.repeated);
  if (moved === undefined) {
    account.gone = await retireMissing(store, run, source, at);
    return;
  }
  // A single listing may have skipped them: what two in a row lack is gone.
  const first = before === undefined ? absence.missing : absence.first;
  account.gone = first < absence.missing ? await retireMissing(store, run, source, at, before) : already;
  if (first > 0) hold(first, moved, 'The next listing retires those that it lacks, too; at once');
}

/** Doubts a listing whose rows were not all read yet: as far as its pages tell. */
export async function doubtUnread(store: Store, { run, source }: CloseInput, account: SourceAccount): Promise<void> {
  if (account.status !== 'complete') return;
  const proof = await proofOf(store, run, source);
  isDoubted(account, proof, proof.rows, source);
}

function isDoubted(account: SourceAccount, proof: ListingProof, listed: number, source: string): boolean {
  const doubt = unproven(proof, listed, source);
  if (!doubt) return false;
  account.status = listed > 0 ? 'partial' : 'failed';
  account.reason = `not proven to be complete (${doubt.name}): ${doubt.says}; nothing was retired`;
  account.remedy = doubt.remedy;
  return true;
}

/** Whether the ledger of an earlier listing still names all that it held. */
async function isWhole(store: Store, run: string, source: string): Promise<boolean> {
  const pruned = await store.runs.findOne({ _id: run, pruned_at: { $exists: true } }, { projection: { _id: 1 } });
  const { pages, missing, waiting } = await countListing(store, run, source);
  return pruned === null && pages > 0 && missing === 0 && waiting === 0;
}

/** Counts each record once: a row that came again was counted again, and was unchanged then. */
function recount(account: SourceAccount, { seen, again }: Absence, { unreadableBefore }: ListingProof): void {
  const read = account.new + account.changed + account.unchanged;
  account.repeated = Math.max(0, read - seen - again.seen);
  account.unchanged = Math.max(0, account.unchanged - account.repeated - again.seen);
  account.quarantined = Math.max(0, account.quarantined - again.rejected - unreadableBefore);
  account.records = account.new + account.changed + account.unchanged + account.quarantined;
}

/** Why what is missing may not be gone after all, however often it is missing. */
function heldBy(share: number, most: number, unreadable: number): string | undefined {
  if (share > most) return `the listing shrank by ${Math.round(share * 100)} %`;
  return unreadable > 0 ? `${unreadable} rows in quarantine have no readable id` : undefined;
}
