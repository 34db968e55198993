import type { FetchedPage } from '../../model/source.js';

/** Derives from a sample page why later listings would not count as complete. */
export function doubtsOf(page: FetchedPage | undefined): string[] {
  if (!page || page.rows === 0) return [];
  const { lacks = [], rows, total, next } = page;
  const whole = total !== undefined && total <= rows;
  const doubts = lacks
    .filter((name) => !whole || name.startsWith('total '))
    .map((name) => `The page lacks ${name}: a listing counts as complete only if one of its pages has it`);
  if (next === null && total !== undefined && total > rows)
    doubts.push(`The vendor announces ${total} records, and the page with ${rows} of them has no next page`);
  return doubts;
}
