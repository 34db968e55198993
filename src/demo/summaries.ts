import { number } from '../format/number.js';
import Table from 'cli-table3';
import { colours as pc } from '../format/colours.js';
import { printable } from '../format/printable.js';
import type { Store } from '../store/database.js';

/** Rounds a sum to 12 digits, to remove the rounding errors of binary fractions. */
const short = (value: number): string => String(Number(value.toPrecision(12)));

/** Summarizes the logins: their number, origins, and a masked example. */
export async function loginsSummary(store: Store): Promise<string> {
  const [all, example] = await Promise.all([
    store.logins.estimatedDocumentCount(),
    store.logins.findOne({}, { sort: { _id: 1 } }),
  ]);
  const different = async (field: 'masked_device_id' | 'masked_ip' | 'masked_ip_network') => {
    const [group] = await store.logins
      .aggregate<{ count: number }>([{ $group: { _id: `$${field}` } }, { $group: { _id: null, count: { $sum: 1 } } }])
      .toArray();
    return number(group?.count ?? 0);
  };
  const [devices, addresses, networks] = await Promise.all([
    different('masked_device_id'),
    different('masked_ip'),
    different('masked_ip_network'),
  ]);
  const lines = [
    `${pc.bold(`${number(all)} logins`)} from ${devices} devices at ${addresses} addresses in ${networks} networks, counted by their masks`,
  ];
  if (example) {
    lines.push(`  one of them: ip ${example.masked_ip} (${example.ip_class})`);
    lines.push(`               device_id ${example.masked_device_id}`);
    lines.push(`  npm run rollcall -- unmask ${example._id} --why TEXT   recovers them, for those who hold the keys`);
  }
  return lines.join('\n');
}

/** Summarizes the events: their number, and the largest categories. */
export async function eventsSummary(store: Store): Promise<string> {
  const categories = await store.eventCategories.find().sort({ count: -1, _id: 1 }).limit(5).toArray();
  const [{ events, of } = { events: 0, of: 0 }] = await store.eventCategories
    .aggregate<{ events: number; of: number }>([{ $group: { _id: null, events: { $sum: '$count' }, of: { $sum: 1 } } }])
    .toArray();
  const table = new Table({
    head: ['category', 'events', 'sum', 'min', 'max', 'distinct values'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { _id, count, sum, min, max, distinct } of categories)
    table.push([printable(_id.category), number(count), ...[sum, min, max].map(short), number(distinct)]);
  return `${pc.bold(`${number(events)} events`)} in ${number(of)} ${of === 1 ? 'category' : 'categories'}, in the order of their ids\n${table.toString()}`;
}
