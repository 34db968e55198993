import type { Drift } from '../../model/run.js';
import type { Store } from '../database.js';

/** Fields by path (`agentInfo.status`; `*` where a name is none), with the number of rows that have them. */
export interface SampledSchema {
  /** Rows that were looked at. */
  rows: number;
  fields: ReadonlyMap<string, number>;
}

/** Fields of one source that are told apart; those beyond are not looked at. */
export const MOST_FIELDS = 1_000;
const MOST_NAMED = 20;
/** A field that a fifth of the rows had, and that none of as many rows has, is gone; a rarer one may be back tomorrow. */
const COMMON = 0.2;
const FEWEST_ROWS = 20;

/** Adds what was seen of a listing under way. Repeated attempts count rows twice, which changes no share. */
export async function addSample(store: Store, source: string, run: string, shape: SampledSchema): Promise<void> {
  if (shape.rows === 0) return;
  const before = (await store.shapes.findOne({ _id: source }))?.sample;
  const counts = new Map<string, number>(shape.fields);
  let { rows } = shape;
  if (before?.run === run) {
    rows += before.rows;
    for (const { field, count } of before.fields) counts.set(field, (counts.get(field) ?? 0) + count);
  }
  const fields = [...counts].slice(0, MOST_FIELDS).map(([field, count]) => ({ field, count }));
  await store.shapes.updateOne(
    { _id: source },
    { $set: { sample: { run, rows, fields } }, $setOnInsert: { rows: 0, known: [] } },
    { upsert: true },
  );
}

/**
 * Compares a complete listing with the one before it and remembers it in its place. `undefined`: nothing changed, or there is
 * nothing to compare with. Can be repeated.
 */
export async function finalizeSchema(store: Store, source: string, run: string): Promise<Drift | undefined> {
  const doc = await store.shapes.findOne({ _id: source });
  if (!doc) return undefined;
  if (doc.drift?.run === run) return told(doc.drift);
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
  await store.shapes.updateOne(
    { _id: source, 'sample.run': run },
    { $set: { rows: sample.rows, known, drift }, $unset: { sample: true } },
  );
  return told(drift);
}

/** What lies below a field that is named itself goes without saying. */
function outermost(fields: readonly string[]): string[] {
  const all = new Set(fields);
  const above = (field: string) => field.split('.').map((_, at, parts) => parts.slice(0, at).join('.'));
  return fields
    .filter((field) => !above(field).some((path) => all.has(path)))
    .sort()
    .slice(0, MOST_NAMED);
}

function told({ appeared, vanished }: Drift): Drift | undefined {
  return appeared.length + vanished.length === 0 ? undefined : { appeared, vanished };
}
