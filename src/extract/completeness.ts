import type { ListingProof } from './listing-proof.js';

/**
 * Why a listing that has ended is not proven complete. Described in docs/failures.md.
 *
 * - `total-short`, `total-long`: the vendor announced another number of records
 * - `value-not-found`: a declared value (the next page's location, the total) was on no page
 * - `full-page`: the first page was full and did not mention a next one
 * - `empty-page`: the last page was empty and named itself as the next one
 */
export interface Unproven {
  name: 'total-short' | 'total-long' | 'value-not-found' | 'full-page' | 'empty-page';
  says: string;
  remedy: string;
}

/** Whether every announced total equals the number of listed records. */
const isExact = ({ total }: ListingProof, listed: number): boolean =>
  total !== undefined && total.least === total.most && total.most === listed;

/**
 * The first doubt about a listing of `listed` distinct records. With a doubt the listing is not complete, and nothing is
 * retired.
 */
export function unproven(proof: ListingProof, listed: number, source: string): Unproven | undefined {
  const { total, pages, lacks, doubts } = proof;
  if (total && (listed < total.least || listed > total.most)) {
    const announced = total.least === total.most ? `${total.least}` : `${total.least} to ${total.most}`;
    return {
      name: listed < total.least ? 'total-short' : 'total-long',
      says: `${announced} records were announced and ${listed} came`,
      remedy:
        'Run the source again; if it stays, the vendor’s count differs from its list: remove `total` from its source file',
    };
  }
  // Values are not checked in an empty listing; that all records are missing is a separate doubt.
  if (pages === 0 || isExact(proof, listed)) return undefined;
  if (lacks.length > 0)
    return {
      name: 'value-not-found',
      says: `no page held ${lacks.join(', ')}, so there may be more`,
      remedy: `Correct the path of that value in the source file, with the help of: npm run rollcall -- sources preview ${source}`,
    };
  if (doubts.has('full-page'))
    return {
      name: 'full-page',
      says: 'the only page was full and did not mention a next one',
      remedy: 'Set a larger page size; if the vendor has more records, the path of `next` in the source file is wrong',
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

/**
 * Why an otherwise complete listing may have skipped rows. Records missing from it are retired only if the next listing lacks
 * them too.
 */
export function movedBy(proof: ListingProof, listed: number, repeated: number): string | undefined {
  const { total, pages, doubts } = proof;
  // Repeated rows mean that pages shifted while they were read, so that other rows may have been skipped.
  if (repeated > 0) return `${repeated} rows came more than once, so the listing moved while it was read`;
  if (total && total.least !== total.most)
    return `its announced size went from ${total.least} to ${total.most}, so the listing moved while it was read`;
  if (doubts.has('rows-may-shift') && !(pages === 1 && isExact(proof, listed)))
    return 'they are missing for the first time from a listing by position, which may skip rows';
  return undefined;
}
