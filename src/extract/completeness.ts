import type { ListingProof } from './listing-proof.js';

/**
 * Why a listing that has ended is not proven complete. Described in docs/failures.md.
 *
 * - `total-short`, `total-long`: the vendor announced another number of records
 * - `value-not-found`: a declared value (the next page's location, the total) was on no page
 * - `full-page`: the first page was full and contained no next page
 * - `empty-page`: the last page was empty and named itself as the next page
 */
export interface Incompleteness {
  name: 'total-short' | 'total-long' | 'value-not-found' | 'full-page' | 'empty-page';
  reason: string;
  remedy: string;
}

/** Whether every announced total equals the number of listed records. */
const isExact = ({ total }: ListingProof, listed: number): boolean =>
  total !== undefined && total.least === total.most && total.most === listed;

/**
 * Returns the first doubt about a listing of `listed` distinct records. If there is a doubt, the listing is not complete,
 * and no records are retired.
 */
export function incompletenessOf(proof: ListingProof, listed: number, source: string): Incompleteness | undefined {
  const { total, pages, lacks, doubts } = proof;
  if (total && (listed < total.least || listed > total.most)) {
    const announced = total.least === total.most ? `${total.least}` : `${total.least} to ${total.most}`;
    return {
      name: listed < total.least ? 'total-short' : 'total-long',
      reason: `the vendor announced ${announced} records, but the listing contained ${listed}`,
      remedy:
        'Run the source again; if the difference remains, the vendor’s count differs from its list: remove `total` from the source file',
    };
  }
  // Values are not checked in an empty listing. Another check handles a listing in which all records are missing.
  if (pages === 0 || isExact(proof, listed)) return undefined;
  if (lacks.length > 0)
    return {
      name: 'value-not-found',
      reason: `no page contains ${lacks.join(', ')}, so there may be more`,
      remedy: `Correct the path of that value in the source file, with the help of: npm run rollcall -- sources preview ${source}`,
    };
  if (doubts.has('full-page'))
    return {
      name: 'full-page',
      reason: 'the only page was full and did not mention a next one',
      remedy: 'Set a larger page size; if the vendor has more records, the path of `next` in the source file is wrong',
    };
  if (doubts.has('empty-page'))
    return {
      name: 'empty-page',
      reason: 'its last page was empty and named itself as the next one',
      remedy:
        'Run the source again; if that is how the vendor ends a listing, declare `endsEmpty` in the paging of its source file',
    };
  return undefined;
}

/**
 * Why an otherwise complete listing may have skipped rows. Records missing from it are retired only if they are missing
 * from the next listing too.
 */
export function shiftOf(proof: ListingProof, listed: number, repeated: number): string | undefined {
  const { total, pages, doubts } = proof;
  // Repeated rows mean that pages shifted while they were read, so that other rows may have been skipped.
  if (repeated > 0) return `${repeated} rows were received more than once, so rows shifted during the listing`;
  if (total && total.least !== total.most)
    return `the announced size changed from ${total.least} to ${total.most}, so rows shifted during the listing`;
  if (doubts.has('rows-may-shift') && !(pages === 1 && isExact(proof, listed)))
    return 'they are missing for the first time from a listing by position, which may skip rows';
  return undefined;
}
