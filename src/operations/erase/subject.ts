import { Failure } from '../../model/failure.js';
import type { Store } from '../../store/database.js';
import { findHost } from '../../store/collections/hosts.js';

/** What a user asks to erase. */
export type ErasureTarget = { host: string } | { record: string } | { user: string };

/** The subject in the store. */
export interface Subject {
  /** Ids of records, or of logins: `source:native id`. */
  ids: string[];
  /** Native ids by source. */
  natives: Map<string, Set<string>>;
  /** The user, if the subject is a user's logins. */
  user?: string;
  /** Hosts that have these records now. */
  hosts: string[];
}

/** Finds the subject. Throws `Failure` when a host does not exist or a record id is invalid. */
export async function subjectOf(store: Store, target: ErasureTarget): Promise<Subject> {
  if ('user' in target) return userSubject(store, target.user);
  const ids = 'record' in target ? [target.record] : await recordsOf(store, target.host);
  const hosts = await store.hosts.find({ 'sources.record': { $in: ids } }, { projection: { _id: 1 } }).toArray();
  return { ids, natives: bySource(ids, await sourcesOf(store)), hosts: hosts.map(({ _id }) => _id) };
}

async function recordsOf(store: Store, id: string): Promise<string[]> {
  const host = await findHost(store, id);
  if (!host)
    throw new Failure('settings-invalid', `There is no host ${id}`, {
      remedy:
        'Give its id: `rollcall hosts` finds it. For a host that was removed, give its records: --record source:id',
    });
  return host.sources.map(({ record }) => record);
}

async function userSubject(store: Store, user: string): Promise<Subject> {
  const logins = await store.logins.find({ user_id: user }, { projection: { source: 1 } }).toArray();
  const natives = new Map<string, Set<string>>();
  // Messages that could not be read are in pages only, so all sources with logins are searched.
  for (const source of await store.logins.distinct('source')) natives.set(source, new Set());
  for (const { _id, source } of logins) natives.get(source)!.add(_id.slice(source.length + 1));
  return { ids: logins.map(({ _id }) => _id), natives, user, hosts: [] };
}

async function sourcesOf(store: Store): Promise<string[]> {
  const known = await store.sources.find({}, { projection: { _id: 1 } }).toArray();
  return [...new Set([...known.map(({ _id }) => _id), ...((await store.pages.distinct('source')) as string[])])];
}

function bySource(ids: readonly string[], sources: readonly string[]): Map<string, Set<string>> {
  const natives = new Map<string, Set<string>>();
  for (const id of ids) {
    const source = sources.find((name) => id.startsWith(`${name}:`)) ?? id.slice(0, id.indexOf(':'));
    if (source === '' || !id.includes(':'))
      throw new Failure('settings-invalid', `${id} is no record id`, { remedy: 'Give it as source:native id' });
    const own = natives.get(source) ?? new Set();
    natives.set(source, own.add(id.slice(source.length + 1)));
  }
  return natives;
}
