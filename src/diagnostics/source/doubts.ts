import type { FetchedPage } from '../../model/source.js';

/** What one page that was asked for as a look tells of listings that will not be believed to be complete. */
export function doubtsOf(page: FetchedPage | undefined): string[] {
  if (!page || page.rows === 0) return [];
  const { lacks = [], rows, total, next } = page;
  const whole = total !== undefined && total <= rows;
  const doubts = lacks
    .filter((name) => !whole || name.startsWith('total '))
    .map((name) => `The page does not hold ${name}: while no page of a listing does, it does not count as complete`);
  if (next === null && total !== undefined && total > rows)
    doubts.push(`The vendor announces ${total} records, and the page with ${rows} of them names no next one`);
  return doubts;
}
