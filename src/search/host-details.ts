import { changesOf } from '../store/collections/changes.js';
import type { ChangeDoc } from '../store/documents/changes.js';
import type { Store } from '../store/database.js';
import { explainStored } from '../merge/explain.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { RecordDoc } from '../store/documents/records.js';

/** The data behind a host. */
export interface HostDetails {
  /** Its source records by id, at most `MOST_RECORDS`. */
  records: Map<string, RecordDoc>;
  /** The latest first, at most `MOST_CHANGES`. */
  changes: ChangeDoc[];
  /** Why its records were joined and what was kept apart; a sentence each. */
  why: string[];
  /** The hosts of records that were kept apart: host ids by record id. */
  apart: Map<string, string>;
}

export const MOST_RECORDS = 50;
export const MOST_CHANGES = 100;

/** Reads everything that a host's page shows. */
export async function hostDetails(store: Store, host: HostDoc): Promise<HostDetails> {
  const own = host.sources.map(({ record }) => record);
  const others = [...new Set((host.forbidden_joins ?? []).flatMap(({ records }) => records))].filter(
    (id) => !own.includes(id),
  );
  const [records, changes, why, apart] = await Promise.all([
    store.records.find({ _id: { $in: own.slice(0, MOST_RECORDS) } }).toArray(),
    changesOf(store, host._id, { latest: MOST_CHANGES }),
    explainStored(store, host),
    hostsOf(store, others),
  ]);
  return { records: new Map(records.map((record) => [record._id, record])), changes, why, apart };
}

async function hostsOf(store: Store, records: readonly string[]): Promise<Map<string, string>> {
  if (records.length === 0) return new Map();
  const hosts = await store.hosts
    .find({ 'sources.record': { $in: [...records] } }, { projection: { 'sources.record': 1 } })
    .toArray();
  return new Map(
    hosts.flatMap(({ _id, sources }) =>
      sources.filter(({ record }) => records.includes(record)).map(({ record }): [string, string] => [record, _id]),
    ),
  );
}
