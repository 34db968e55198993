import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { bringBack, compareListing, retireMissing } from './missing-records.js';
import type { RunDoc } from '../store/documents/runs.js';
import type { SourceAccount } from '../model/run.js';

/** A complete listing that lacked so many records that none was retired without confirmation by a user. */
export interface UnconfirmedRetirement {
  source: string;
  /** The run whose ledger contains the listing. */
  run: string;
  account: SourceAccount;
}

/** Listings of `run` whose retirements are unconfirmed or were confirmed. Without `run`: of each source's last complete run. */
export async function unconfirmedRetirements(store: Store, run?: RunDoc): Promise<UnconfirmedRetirement[]> {
  const found = run ? accountsOf(run) : await lastComplete(store);
  return found.filter(({ account }) => account.unconfirmed !== undefined || account.confirmed !== undefined);
}

function accountsOf({ _id, sources }: RunDoc): UnconfirmedRetirement[] {
  return Object.entries(sources).map(([source, account]) => ({ source, run: account.listing ?? _id, account }));
}

async function lastComplete(store: Store): Promise<UnconfirmedRetirement[]> {
  const sources = await store.sources
    .find({ last_complete: { $exists: true } })
    .sort({ _id: 1 })
    .toArray();
  const runs = await store.runs
    .find({ _id: { $in: sources.map(({ last_complete }) => last_complete!.run) } })
    .toArray();
  return sources.flatMap(({ _id: source, last_complete }) => {
    const run = runs.find(({ _id }) => _id === last_complete!.run);
    const account = run?.sources[source];
    return run && account ? [{ source, run: run._id, account }] : [];
  });
}

export interface RetirementPreview {
  /** Records that would be retired. */
  records: number;
  /** Number of hosts that no source would list any more; `first` names some of them. */
  hosts: number;
  first: { id: string; name?: string; ip?: string }[];
}

type Member = Pick<HostDoc, '_id' | 'sources' | 'device'>;

/** Counts the records and hosts that confirming a listing would retire, and names up to `most` hosts. */
export async function previewRetirement(
  store: Store,
  { source, run }: UnconfirmedRetirement,
  most: number,
): Promise<RetirementPreview> {
  const preview: RetirementPreview = { records: 0, hosts: 0, first: [] };
  /** Hosts with several records of the source: the number of these records that were not found missing yet. */
  const left = new Map<string, number>();
  await compareListing(store, run, source, async (ids) => {
    preview.records += ids.length;
    const missing = new Set(ids);
    const hosts = store.hosts.find<Member>(
      { 'sources.record': { $in: ids } },
      {
        projection: {
          'sources.record': 1,
          'sources.source': 1,
          'sources.gone': 1,
          'device.hostname': 1,
          'device.name': 1,
          'device.ip': 1,
        },
      },
    );
    for await (const host of hosts) {
      const live = host.sources.filter(({ gone }) => !gone);
      if (live.some((member) => member.source !== source)) continue;
      const rest = (left.get(host._id) ?? live.length) - live.filter(({ record }) => missing.has(record)).length;
      left.set(host._id, rest);
      if (rest > 0) continue;
      left.delete(host._id);
      preview.hosts += 1;
      if (preview.first.length < most) preview.first.push(nameOf(host));
    }
  });
  return preview;
}

function nameOf({ _id, device }: Member): RetirementPreview['first'][number] {
  const name = device.hostname ?? device.name;
  return { id: _id, ...(name ? { name } : {}), ...(device.ip ? { ip: device.ip } : {}) };
}

/**
 * Retires the missing records of an unconfirmed listing, and updates the source account. The time of the retirement is the end
 * of that listing. The caller merges afterwards. Can be repeated. Throws `Failure` if a later run has read the source again, even
 * if that happens during this call.
 */
export async function confirmRetirement(store: Store, listing: UnconfirmedRetirement, by: string): Promise<number> {
  const { source, run } = listing;
  const { at, begun } = await latestListing(store, listing);
  const gone = await retireMissing(store, run, source, at);
  try {
    // A run that started in the meantime may have read a record before this function marked it as gone, and would not
    // restore the record.
    if ((await latestListing(store, listing)).begun !== begun) throw begunSince(source);
  } catch (error) {
    await bringBack(store, source, at);
    throw error;
  }
  const account = `sources.${source}`;
  const accounts = {
    $or: [{ _id: run }, { [`${account}.listing`]: run }],
    [`${account}.unconfirmed`]: { $exists: true },
  };
  await store.runs.updateMany(accounts, {
    $set: { [`${account}.gone`]: gone, [`${account}.confirmed`]: { by, at: await store.clock.now() } },
    $unset: { [`${account}.unconfirmed`]: true, [`${account}.reason`]: true, [`${account}.remedy`]: true },
  });
  return gone;
}

/**
 * The time at which the listing ended, and the run that read the source last. Throws `Failure` if a later run has read the
 * source again.
 */
export async function latestListing(
  store: Store,
  { source, run }: UnconfirmedRetirement,
): Promise<{ at: Date; begun: string }> {
  const { last_complete: last, last_run: begun = run } = (await store.sources.findOne({ _id: source })) ?? {};
  if (last?.run !== run) {
    const newer = last ? `: run ${last.run} is` : '';
    throw new Failure('settings-invalid', `Run ${run} is not the last complete one of ${source}${newer}`, {
      source,
      remedy: 'Only the last complete run can be confirmed: npm run rollcall -- runs confirm, without a run',
    });
  }
  // Later pages are compared with the time of the listing's own last page, because the end time of the listing comes from
  // the clock of another server.
  const own = await store.pages.findOne({ source, run }, { sort: { seq: -1 }, projection: { fetched_at: 1 } });
  const newer = { source, fetched_at: { $gt: own?.fetched_at ?? last.at }, run: { $ne: run }, rows: { $gt: 0 } };
  if (await store.pages.findOne(newer, { projection: { _id: 1 } })) throw begunSince(source);
  return { at: last.at, begun };
}

function begunSince(source: string): Failure {
  return new Failure('settings-invalid', `A later run read ${source}, but not completely: no records were retired`, {
    source,
    remedy: `Collect it completely: npm run trigger -- ${source} --force --wait; then confirm that run`,
  });
}
