import type { CategoryDoc } from '../../store/documents/events.js';
import { defineChart, sum } from '../chart.js';
import { bars } from '../draw/bars.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

export const eventCategories = defineChart<{ categories: CategoryDoc; all: { categories: number; events: number } }>({
  name: 'event-categories',
  section: 'Events',
  title: 'Events by category',
  question: 'How many events are in each category, and what are their values?',
  empty: 'No events',
  queries: {
    categories: {
      collection: 'eventCategories',
      pipeline: [{ $sort: { count: -1, _id: 1 } }, { $limit: 40 }],
    },
    all: {
      collection: 'eventCategories',
      pipeline: [{ $group: { _id: null, categories: { $sum: 1 }, events: { $sum: '$count' } } }],
    },
  },
  draw({ categories, all }) {
    const { events = 0, categories: inAll = 0 } = all[0] ?? {};
    const rest = events - sum(categories.map((category) => category.count));
    const first = categories[0];
    return {
      summary: first
        ? `${counted(events, 'event')} in ${counted(inAll, 'category', 'categories')}; ${first._id.category} has most (${percent(first.count, events)}).`
        : '',
      table: {
        head: ['Source', 'Category', 'Events', 'Sum', 'Least', 'Most', 'Different values'],
        rows: [
          ...categories.map(({ _id, count, sum, min, max, distinct }) => [
            _id.source,
            _id.category,
            count,
            sum,
            min,
            max,
            distinct,
          ]),
          ...(rest > 0 ? [['', `${number(inAll - categories.length)} more`, rest, '', '', '', '']] : []),
        ],
      },
      figures: { events, categories: inAll },
      ...(first
        ? {
            drawing: bars(
              categories.slice(0, 12).map((category) => ({
                name: category._id.category,
                value: category.count,
                label: `${number(category.count)} · ${percent(category.count, events)}`,
              })),
            ),
          }
        : {}),
    };
  },
});
