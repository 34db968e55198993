import type { PageDoubt } from '../model/source.js';
import type { Store } from '../store/database.js';

/** What a listing's pages say about whether they are all there is. Of one that began anew, its last beginning counts. */
export interface ListingProof {
  /** Pages with rows, and these. */
  pages: number;
  rows: number;
  /** The smallest and the largest size of the whole listing that was announced. */
  total?: { least: number; most: number };
  /** Declared values that no page with rows held. */
  lacks: string[];
  doubts: Set<PageDoubt>;
  /** Rows in quarantine, without a readable id, on pages before the listing began anew. */
  unreadableBefore: number;
}

/** Reads it from the page ledger. */
export async function proofOf(store: Store, run: string, source: string): Promise<ListingProof> {
  const nothing = (): ListingProof => ({ pages: 0, rows: 0, lacks: [], doubts: new Set(), unreadableBefore: 0 });
  let proof = nothing();
  let beginning: unknown;
  let unreadable = 0;
  let ofNothing: ListingProof['total'];
  const pages = store.pages
    .find(
      { run, source },
      {
        projection: {
          'cursor.restarted': 1,
          rows: 1,
          total: 1,
          lacks: 1,
          doubts: 1,
          'outcome.quarantined': 1,
          unnamed: { $subtract: ['$outcome.quarantined', { $size: { $ifNull: ['$outcome.rejected_ids', []] } }] },
        },
      },
    )
    .sort({ seq: 1 })
    .map((page) => page as typeof page & { unnamed?: number | null });
  for await (const { cursor, rows, total, lacks = [], doubts = [], unnamed } of pages) {
    if (cursor?.['restarted'] !== beginning) {
      beginning = cursor['restarted'];
      proof = { ...nothing(), unreadableBefore: unreadable };
      ofNothing = undefined;
    }
    unreadable += Math.max(0, unnamed ?? 0);
    // Past the last record some vendors announce none: what an empty page says counts only where there is no other.
    if (rows === 0) ofNothing = widened(ofNothing, total);
    else {
      const announced = widened(proof.total, total);
      if (announced) proof.total = announced;
      proof.lacks = proof.pages === 0 ? lacks : proof.lacks.filter((name) => lacks.includes(name));
      proof.pages += 1;
      proof.rows += rows;
    }
    for (const doubt of doubts) proof.doubts.add(doubt);
  }
  if (proof.pages === 0 && ofNothing) proof.total = ofNothing;
  return proof;
}

function widened(range: ListingProof['total'], total: number | undefined): ListingProof['total'] {
  if (total === undefined) return range;
  return { least: Math.min(range?.least ?? total, total), most: Math.max(range?.most ?? total, total) };
}
