import type { PageDoubt } from '../model/source.js';
import type { Store } from '../store/database.js';

/**
 * Evidence from a listing's pages about its completeness. For a restarted listing, only the pages since the last restart
 * are used.
 */
export interface ListingProof {
  /** Pages with rows, and the number of these rows. */
  pages: number;
  rows: number;
  /** The smallest and the largest announced size of the listing. */
  total?: { least: number; most: number };
  /** Declared values that no page with rows contains. */
  lacks: string[];
  doubts: Set<PageDoubt>;
  /** Quarantined rows without a readable id, on pages before the last restart. */
  unreadableBefore: number;
}

/** Reads the proof from the page ledger. */
export async function proofOf(store: Store, run: string, source: string): Promise<ListingProof> {
  const nothing = (): ListingProof => ({ pages: 0, rows: 0, lacks: [], doubts: new Set(), unreadableBefore: 0 });
  let proof = nothing();
  let beginning: unknown;
  let unreadable = 0;
  let totalOfEmpty: ListingProof['total'];
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
      totalOfEmpty = undefined;
    }
    unreadable += Math.max(0, unnamed ?? 0);
    // Some vendors announce no total past the last record: the total of an empty page is used only if no other page has a
    // total.
    if (rows === 0) totalOfEmpty = widened(totalOfEmpty, total);
    else {
      const announced = widened(proof.total, total);
      if (announced) proof.total = announced;
      proof.lacks = proof.pages === 0 ? lacks : proof.lacks.filter((name) => lacks.includes(name));
      proof.pages += 1;
      proof.rows += rows;
    }
    for (const doubt of doubts) proof.doubts.add(doubt);
  }
  if (proof.pages === 0 && totalOfEmpty) proof.total = totalOfEmpty;
  return proof;
}

function widened(range: ListingProof['total'], total: number | undefined): ListingProof['total'] {
  if (total === undefined) return range;
  return { least: Math.min(range?.least ?? total, total), most: Math.max(range?.most ?? total, total) };
}
