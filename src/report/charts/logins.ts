import type { Document } from 'mongodb';
import { defineChart, sum, type Chart, type Drawn, type Table } from '../chart.js';
import { bars } from '../draw/bars.js';
import { columns } from '../draw/columns.js';
import type { Query } from '../query.js';
import { FEWEST, hideSmall } from '../small-groups.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

const MOST = 10;
const DAYS = 60;

/** Logins with one value, and their number of users. */
interface Group {
  _id: string | null;
  logins: number;
  users: number;
}

interface Total {
  logins: number;
  users: number;
}

interface Rows extends Record<string, object> {
  groups: Group;
  totals: Total;
}

/** Users are counted, never named: neither their names nor their masked addresses leave MongoDB. */
const grouped = (by: string | Document, order: Document, most: number): Query => ({
  collection: 'logins',
  pipeline: [
    { $group: { _id: { value: by, user: '$user_id' }, logins: { $sum: 1 } } },
    { $group: { _id: '$_id.value', logins: { $sum: '$logins' }, users: { $sum: 1 } } },
    { $sort: order },
    { $limit: most },
  ],
});

const TOTALS: Query = {
  collection: 'logins',
  pipeline: [
    { $group: { _id: '$user_id', logins: { $sum: 1 } } },
    { $group: { _id: null, logins: { $sum: '$logins' }, users: { $sum: 1 } } },
  ],
};

const EMPTY = `No login events, or those of fewer than ${FEWEST} people`;
const HIDDEN = 'groups too small to show, and the smallest other group';

function byValue(name: string, title: string, question: string, field: string): Chart {
  return defineChart<Rows>({
    name,
    section: 'Logins',
    title,
    question: `${question} Groups of fewer than ${FEWEST} people are not shown by themselves.`,
    empty: EMPTY,
    queries: { groups: grouped(field, { logins: -1, _id: 1 }, 1_000), totals: TOTALS },
    draw({ groups, totals }) {
      const total = totals[0]?.logins ?? 0;
      const { shown, hidden } = hideSmall(groups);
      // Values beyond the limit of the query are hidden as well.
      const rest = total - sum(shown.map(({ logins }) => logins));
      if (shown.length === 0) return nothing([title, 'Logins', 'People']);
      const rows = shown.map(({ _id, logins, users }) => ({ name: _id ?? 'not reported', value: logins, users }));
      return {
        summary: `${rows[0]!.name} has most: ${percent(rows[0]!.value, total)} of ${counted(total, 'login')}.`,
        table: {
          head: [title, 'Logins', 'People'],
          rows: [
            ...rows.map((row) => [row.name, row.value, row.users]),
            ...(rest > 0 ? [[hidden.length > 0 ? HIDDEN : 'others', rest, '']] : []),
          ],
        },
        figures: { logins: total },
        drawing: bars([
          ...rows
            .slice(0, MOST)
            .map((row) => ({ ...row, label: `${number(row.value)} · ${percent(row.value, total)}` })),
          ...(rest > 0 ? [{ name: 'small groups', value: rest, label: number(rest), part: 'quiet' as const }] : []),
        ]),
      };
    },
  });
}

const nothing = (head: string[]): Drawn => ({ summary: '', table: { head, rows: [] } satisfies Table, figures: {} });

interface DailyRows extends Rows {
  devices: { devices: number };
}

const perDay = defineChart<DailyRows>({
  name: 'logins-per-day',
  section: 'Logins',
  title: 'Logins a day',
  question: `How many logins were there on each of the last ${DAYS} days that had any? Days with fewer than ${FEWEST} people are left out.`,
  empty: EMPTY,
  queries: {
    groups: grouped({ $dateToString: { date: '$create_date', format: '%Y-%m-%d' } }, { _id: -1 }, DAYS),
    totals: TOTALS,
    devices: {
      collection: 'logins',
      pipeline: [{ $group: { _id: '$masked_device_id' } }, { $count: 'devices' }],
    },
  },
  draw({ groups, totals, devices }) {
    const { shown, hidden } = hideSmall(groups);
    const total = totals[0];
    if (shown.length === 0 || !total || total.users < FEWEST) return nothing(['Day', 'Logins', 'People']);
    const rows = shown.toReversed();
    return {
      summary:
        `${counted(total.logins, 'login')} of ${counted(total.users, 'person', 'people')} from ` +
        `${counted(devices[0]?.devices ?? 0, 'masked device')} in all` +
        (hidden.length > 0 ? `; ${counted(hidden.length, 'day')} not shown.` : '.'),
      table: {
        head: ['Day', 'Logins', 'People'],
        rows: rows.map(({ _id, logins, users }) => [_id ?? 'not reported', logins, users]),
      },
      figures: {
        logins: total.logins,
        people: total.users,
        devices: devices[0]?.devices ?? 0,
        days_hidden: hidden.length,
      },
      drawing: columns(
        rows.map(({ _id, logins }) => ({ name: _id ?? '?', values: [logins] })),
        { series: [{ name: 'logins', part: 'blue' }] },
      ),
    };
  },
});

export const logins: Chart[] = [
  perDay,
  byValue(
    'logins-by-device-type',
    'Logins by device type',
    'On which kinds of devices do people log in?',
    '$device_type',
  ),
  byValue('logins-by-locale', 'Logins by locale', 'With which locales do they use the application?', '$locale'),
  byValue(
    'logins-by-app-version',
    'Logins by application version',
    'Which versions of the application are in use?',
    '$app_version',
  ),
];
