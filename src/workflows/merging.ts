import type { HeartbeatingActivities } from './activities.js';

export interface MergeSum {
  /** Merged records. */
  records: number;
  /** By source: records that were set aside. */
  warnings: Record<string, string[]>;
}

/** Activities that share the parts of a plan, on any workers. */
const SHARES = 6;
const MAX_WARNINGS = 10;

/** Merges changed records of all sources until none is left. `onMerged` receives the number of merged records so far. */
export async function mergeAll(
  { mergeRecords, mergeRecordParts }: HeartbeatingActivities,
  run: string,
  onMerged: (records: number) => void = () => {},
): Promise<MergeSum> {
  const sum: MergeSum = { records: 0, warnings: {} };
  const add = (records: number) => onMerged((sum.records += records));
  for (let more = true; more;) {
    const merged = await mergeRecords({ run });
    add(merged.records);
    for (const [source, warning] of Object.entries(merged.warnings ?? {})) {
      const known = (sum.warnings[source] ??= []);
      if (known.length < MAX_WARNINGS) known.push(warning);
    }
    const of = Math.min(merged.parts, SHARES);
    const share = async (index: number) => add((await mergeRecordParts({ run, share: { index, of } })).records);
    await Promise.all(Array.from({ length: of }, (_, index) => share(index)));
    more = merged.more;
  }
  return sum;
}
