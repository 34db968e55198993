import type { Store } from '../store/database.js';
import type { RunDoc } from '../store/documents/runs.js';

/** Key figures of the inventory. */
export interface Overview {
  /** Live hosts; an estimate while a run writes. */
  hosts: number;
  retired: number;
  quarantined: number;
  /** In alphabetical order. */
  sources: { name: string; parked: boolean }[];
  lastRun?: Pick<RunDoc, '_id' | 'status' | 'started_at'>;
}

/** Reads the collections' counters and indexes: the cost does not grow with the number of hosts. */
export async function overviewOf(store: Store): Promise<Overview> {
  const [all, retired, quarantined, sources, lastRun] = await Promise.all([
    store.hosts.estimatedDocumentCount(),
    store.hosts.countDocuments({ retired: true }),
    store.quarantine.estimatedDocumentCount(),
    store.sources.find().sort({ _id: 1 }).toArray(),
    store.runs.findOne({}, { sort: { started_at: -1 }, projection: { status: 1, started_at: 1 } }),
  ]);
  return {
    hosts: Math.max(0, all - retired),
    retired,
    quarantined,
    sources: sources
      .filter(({ last_checked: checked }) => checked.getTime() > 0)
      .map(({ _id: name, parked }) => ({ name, parked: parked !== undefined })),
    ...(lastRun ? { lastRun } : {}),
  };
}

/** Values that hosts can be filtered by; absent where there are too many, or where the query takes too long. */
export interface Facets {
  sources: string[];
  os?: string[];
  types?: string[];
  providers?: string[];
}

const MOST_VALUES = 300;

/**
 * Reads the filters' values. This is fast with an index; without one, the query exceeds `maxTimeMS` unless the inventory is
 * small.
 */
export async function facetsOf(store: Store, maxTimeMS = 400): Promise<Facets> {
  const distinct = async (path: string): Promise<string[] | undefined> => {
    // With the condition `$gt: ''`, MongoDB can use a partial index, which has no hosts without a value.
    const values = await store.hosts.distinct(path, { [path]: { $gt: '' } }, { maxTimeMS }).catch(() => undefined);
    const texts = values?.filter((value): value is string => typeof value === 'string');
    return texts === undefined || texts.length > MOST_VALUES ? undefined : texts.sort();
  };
  const [sources, known, os, types, providers] = await Promise.all([
    distinct('sources.source'),
    store.sources.find({ last_checked: { $gt: new Date(0) } }, { projection: { _id: 1 } }).toArray(),
    distinct('device.os.name'),
    distinct('device.type'),
    distinct('cloud.provider'),
  ]);
  return {
    // Not all sources list hosts.
    sources: sources ?? known.map(({ _id }) => _id).sort(),
    ...(os && { os }),
    ...(types && { types }),
    ...(providers && { providers }),
  };
}
