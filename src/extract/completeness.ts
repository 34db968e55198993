import type { ListingProof } from './listing-proof.js';

/**
 * Why a listing whose paging has ended is not proven to be all there is. Described in docs/failures.md.
 *
 * - `total-short`, `total-long`: other than the vendor announced
 * - `value-not-found`: a declared value (the next page's place, the total) was on no page
 * - `full-page`: the first page was full and said nothing of a next one
 * - `empty-page`: the last page was empty and named a next one, which was itself
 */
export interface Unproven {
  name: 'total-short' | 'total-long' | 'value-not-found' | 'full-page' | 'empty-page';
  says: string;
  remedy: string;
}

/** Whether exactly as many records came as were announced, all the time. */
const isExact = ({ total }: ListingProof, listed: number): boolean =>
  total !== undefined && total.least === total.most && total.most === listed;

/** Doubts about a listing that read `listed` distinct records: one of them, and nothing is retired, and it is not complete. */
export function unproven(proof: ListingProof, listed: number, source: string): Unproven | undefined {
  const { total, pages, lacks, doubts } = proof;
  if (total && (listed < total.least || listed > total.most)) {
    const announced = total.least === total.most ? `${total.least}` : `${total.least} to ${total.most}`;
    return {
      name: listed < total.least ? 'total-short' : 'total-long',
      says: `${announced} records were announced and ${listed} came`,
      remedy:
        'Run the source again; if it stays, the vendor counts otherwise than it lists: take `total` out of its source file',
    };
  }
  // An empty listing has nothing to be found in; that all records are missing is a doubt of its own.
  if (pages === 0 || isExact(proof, listed)) return undefined;
  if (lacks.length > 0)
    return {
      name: 'value-not-found',
      says: `no page held ${lacks.join(', ')}, so there may be more`,
      remedy: `Correct the place of that value in the source file, with the help of: npm run rollcall -- sources preview ${source}`,
    };
  if (doubts.has('full-page'))
    return {
      name: 'full-page',
      says: 'the only page was full and said nothing of a next one',
      remedy: 'Set a larger page size; if the vendor has more records, the place of `next` in the source file is wrong',
    };
  if (doubts.has('empty-page'))
    return {
      name: 'empty-page',
      says: 'its last page was empty and named itself as the next one',
      remedy:
        'Run the source again; if that is how the vendor ends a listing, declare `endsEmpty` in the paging of its source file',
    };
  return undefined;
}

/** Why rows of a listing that is complete otherwise may have been skipped: what is missing from it counts with the next one. */
export function movedBy(proof: ListingProof, listed: number, repeated: number): string | undefined {
  const { total, pages, doubts } = proof;
  // Where rows came twice, pages shifted under us, and others may have been skipped.
  if (repeated > 0) return `${repeated} rows came more than once, so the listing moved while it was read`;
  if (total && total.least !== total.most)
    return `its announced size went from ${total.least} to ${total.most}, so the listing moved while it was read`;
  if (doubts.has('rows-may-shift') && !(pages === 1 && isExact(proof, listed)))
    return 'they are missing for the first time from a listing by position, which may skip rows';
  return undefined;
}
