import type { Drift } from '../../model/run.js';
import type { Store } from '../database.js';

/** Fields by path (`agentInfo.status`; `*` for keys that are not field names), with the number of sampled rows that have them. */
export interface SampledSchema {
  /** Sampled rows. */
  rows: number;
  fields: ReadonlyMap<string, number>;
}

/** Maximum number of recorded fields of one source. */
export const MOST_FIELDS = 1_000;
const MOST_NAMED = 20;
/** A field counts as vanished only if at least this share of the rows had it. A rarer field may come back in the next listing. */
const COMMON = 0.2;
const FEWEST_ROWS = 20;

/** Adds a sample of a running listing. Repeated attempts count rows twice, which does not change the shares. */
export async function addSample(store: Store, source: string, run: string, shape: SampledSchema): Promise<void> {
  if (shape.rows === 0) return;
  const before = (await store.schemas.findOne({ _id: source }))?.sample;
  const counts = new Map<string, number>(shape.fields);
  let { rows } = shape;
  if (before?.run === run) {
    rows += before.rows;
    for (const { field, count } of before.fields) counts.set(field, (counts.get(field) ?? 0) + count);
  }
  const fields = [...counts].slice(0, MOST_FIELDS).map(([field, count]) => ({ field, count }));
  await store.schemas.updateOne(
    { _id: source },
    { $set: { sample: { run, rows, fields } }, $setOnInsert: { rows: 0, known: [] } },
    { upsert: true },
  );
}

/**
 * Compares the schema of a complete listing with the schema of the previous one, and stores it for the next comparison.
 * `undefined` when nothing changed or there is no previous listing. Can be repeated.
 */
export async function finalizeSchema(store: Store, source: string, run: string): Promise<Drift | undefined> {
  const doc = await store.schemas.findOne({ _id: source });
  if (!doc) return undefined;
  if (doc.drift?.run === run) return driftOrNone(doc.drift);
  if (doc.sample?.run !== run) return undefined;
  const { sample } = doc;
  const now = new Map(sample.fields.map(({ field, count }) => [field, count / sample.rows]));
  const before = new Map(doc.known.map(({ field, share }) => [field, share]));
  const first = doc.known.length === 0;
  const enough = sample.rows >= FEWEST_ROWS && sample.rows >= doc.rows / 2;
  const appeared = first ? [] : [...now.keys()].filter((field) => !before.has(field));
  const gone = [...before].filter(([field, share]) => enough && share >= COMMON && !now.has(field));
  const vanished = gone.map(([field]) => field);
  const kept = [...before].filter(([field]) => !now.has(field) && !vanished.includes(field));
  const known = [...now, ...kept].slice(0, MOST_FIELDS).map(([field, share]) => ({ field, share }));
  const drift = { run, appeared: outermost(appeared), vanished: outermost(vanished) };
  await store.schemas.updateOne(
    { _id: source, 'sample.run': run },
    { $set: { rows: sample.rows, known, drift }, $unset: { sample: true } },
  );
  return driftOrNone(drift);
}

/** Removes fields below other fields of the list. */
function outermost(fields: readonly string[]): string[] {
  const all = new Set(fields);
  const above = (field: string) => field.split('.').map((_, at, parts) => parts.slice(0, at).join('.'));
  return fields
    .filter((field) => !above(field).some((path) => all.has(path)))
    .sort()
    .slice(0, MOST_NAMED);
}

function driftOrNone({ appeared, vanished }: Drift): Drift | undefined {
  return appeared.length + vanished.length === 0 ? undefined : { appeared, vanished };
}
