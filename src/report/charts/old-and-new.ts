import type { Document } from 'mongodb';
import { daysBefore, defineChart, LIVE, sum, type Scope } from '../chart.js';
import { columns } from '../draw/columns.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

/** The upper bounds of the age groups, in days; `days` is always one of them. */
export const boundsOf = (days: number): number[] =>
  days > 7 ? [7, days, days * 3, days * 6, days * 12] : [days, days * 4, days * 12, days * 24, days * 52];

/** Indexes of the groups for unknown times, and for times after the report. */
const UNKNOWN = -1;
const LATER = -2;

/** The index of a time among the bounds, as an expression of MongoDB. */
function indexOf(field: string, scope: Scope, later: number): Document {
  const bounds = boundsOf(scope.days);
  const within = bounds.reduceRight<Document | number>(
    (older, bound, at) => ({ $cond: [{ $gte: [field, daysBefore(scope, bound)] }, at, older] }),
    bounds.length,
  );
  const dated = { $cond: [{ $gt: [field, scope.asOf] }, later, within] };
  return { $cond: [{ $eq: [{ $type: field }, 'date'] }, dated, UNKNOWN] };
}

interface Ages {
  _id: { seen: number; found: number };
  hosts: number;
}

export const oldAndNew = defineChart<{ ages: Ages }>({
  name: 'old-and-new',
  section: 'Inventory',
  title: 'Old and newly found hosts',
  question: 'Which hosts have not been seen for a while, and which have been seen for the first time?',
  empty: 'No hosts yet',
  queries: {
    ages: (scope) => ({
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        {
          $group: {
            _id: { seen: indexOf('$last_seen', scope, 0), found: indexOf('$first_seen', scope, LATER) },
            hosts: { $sum: 1 },
          },
        },
        { $sort: { _id: 1 } },
      ],
    }),
  },
  draw({ ages }, { days, hosts }) {
    const bounds = boundsOf(days);
    const limit = bounds.indexOf(days);
    const indexes = [...bounds.keys(), bounds.length];
    const names = indexes.map((at) => rangeOf(bounds, at));
    const at = (field: 'seen' | 'found', index: number) =>
      sum(ages.filter(({ _id }) => _id[field] === index).map((age) => age.hosts));
    const seen = indexes.map((index) => at('seen', index));
    const found = indexes.map((index) => at('found', index));
    const old = sum(seen.slice(limit + 1));
    const fresh = sum(found.slice(0, limit + 1));
    const unknown = { seen: at('seen', UNKNOWN), found: at('found', UNKNOWN) };
    const later = at('found', LATER);
    return {
      summary:
        `${counted(old, 'host')} (${percent(old, hosts)}) not seen for ${days} days, ` +
        `${counted(fresh, 'host')} (${percent(fresh, hosts)}) first seen within ${days} days. The chart shows both in full colour.`,
      table: {
        head: ['Days ago', 'Last seen', 'First seen'],
        rows: [
          ...names.map((name, index) => [name, seen[index]!, found[index]!]),
          ['not reported', unknown.seen, unknown.found],
          ...(later > 0 ? [['after the date of this report', 0, later]] : []),
        ],
      },
      figures: { old, new: fresh, never_seen: unknown.seen, never_found: unknown.found, found_later: later },
      ...(hosts === 0
        ? {}
        : {
            drawing: columns(
              names.map((name, index) => ({
                name,
                values: [seen[index]!, found[index]!],
                pale: [index <= limit, index > limit],
              })),
              {
                series: [
                  { name: 'last seen', part: 'orange' },
                  { name: 'first seen', part: 'green' },
                ],
                labels: true,
                unit: 'days ago',
                height: 210,
              },
            ),
          }),
    };
  },
});

/** A range of whole days as text: `8–30`. */
function rangeOf(bounds: readonly number[], at: number): string {
  if (at === bounds.length) return `> ${number(bounds.at(-1)!)}`;
  const from = at === 0 ? 0 : bounds[at - 1]!;
  return `${number(from)}–${number(bounds[at]!)}`;
}
