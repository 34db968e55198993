import type { AnyBulkWriteOperation } from 'mongodb';
import type { CategoryDoc, EventDoc } from '../store/documents/events.js';

/** Updates of the categories of new events. `values`: the values that each category had before. */
export function aggregated(
  source: string,
  fresh: readonly EventDoc[],
  values: ReadonlyMap<string, ReadonlySet<number>>,
): AnyBulkWriteOperation<CategoryDoc>[] {
  const sums = new Map<string, { count: number; sum: number; min: number; max: number; values: Set<number> }>();
  for (const { category, value } of fresh) {
    let own = sums.get(category);
    if (!own) sums.set(category, (own = { count: 0, sum: 0, min: value, max: value, values: new Set() }));
    own.count += 1;
    own.sum += value;
    if (value < own.min) own.min = value;
    if (value > own.max) own.max = value;
    if (!values.get(category)?.has(value)) own.values.add(value);
  }
  return [...sums].map(([category, { count, sum, min, max, values: own }]) => ({
    updateOne: {
      filter: { _id: { source, category } },
      update: { $inc: { count, sum, distinct: own.size }, $min: { min }, $max: { max } },
      upsert: true,
    },
  }));
}
