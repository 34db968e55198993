import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { bringBack, compareListing, retireMissing } from './retire.js';
import type { RunDoc } from '../store/documents/runs.js';
import type { SourceAccount } from '../model/run.js';

/** A complete listing that lacked so many records that none was retired without confirmation by a user. */
export interface UnconfirmedRetirement {
  source: string;
  /** The run whose ledger holds the listing. */
  run: string;
  account: SourceAccount;
}

/** Listings of `run` whose retirements are unconfirmed or were confirmed. Without `run`: of each source's last complete run. */
export async function unconfirmedRetirements(store: Store, run?: RunDoc): Promise<UnconfirmedRetirement[]> {
  const found = run ? accountsOf(run) : await lastComplete(store);
  return found.filter(({ account }) => account.held !== undefined || account.confirmed !== undefined);
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

export interface HeldPreview {
  /** Records that would be retired. */
  records: number;
  /** Number of hosts that no source would list any more; `first` names some of them. */
  hosts: number;
  first: { id: string; name?: string; ip?: string }[];
}

type Member = Pick<HostDoc, '_id' | 'sources' | 'device'>;

/** Previews what confirming a listing would retire, and names up to `most` hosts. */
export async function previewRetirement(
  store: Store,
  { source, run }: UnconfirmedRetirement,
  most: number,
): Promise<HeldPreview> {
  const preview: HeldPreview = { records: 0, hosts: 0, first: [] };
  /** Hosts with several records of the source: how many of these were not found missing yet. */
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

function nameOf({ _id, device }: Member): HeldPreview['first'][number] {
  const name = device.hostname ?? device.name;
  return { id: _id, ...(name ? { name } : {}), ...(device.ip ? { ip: device.ip } : {}) };
}

/**
 * Retires the missing records of an unconfirmed listing, with the end of the listing as the time, and updates the source account.
 * The caller merges afterwards. Can be repeated. Throws `Failure` when the source was read again since, even while this runs.
 */
export async function confirmRetirement(store: Store, held: UnconfirmedRetirement, by: string): Promise<number> {
  const { source, run } = held;
  const { at, begun } = await lastWord(store, held);
  const gone = await retireMissing(store, run, source, at);
  try {
    // A run that has started since may have read a record before it was marked as gone here, and would not restore it.
    if ((await lastWord(store, held)).begun !== begun) throw begunSince(source);
  } catch (error) {
    await bringBack(store, source, at);
    throw error;
  }
  const account = `sources.${source}`;
  const accounts = { $or: [{ _id: run }, { [`${account}.listing`]: run }], [`${account}.held`]: { $exists: true } };
  await store.runs.updateMany(accounts, {
    $set: { [`${account}.gone`]: gone, [`${account}.confirmed`]: { by, at: await store.clock.now() } },
    $unset: { [`${account}.held`]: true, [`${account}.reason`]: true, [`${account}.remedy`]: true },
  });
  return gone;
}

/** When the listing ended, and which run read the source last. Throws `Failure` when the source was read again since. */
export async function lastWord(
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
  // Compared with the time of its own last page, because the time of its end is from another server's clock.
  const own = await store.pages.findOne({ source, run }, { sort: { seq: -1 }, projection: { fetched_at: 1 } });
  const newer = { source, fetched_at: { $gt: own?.fetched_at ?? last.at }, run: { $ne: run }, rows: { $gt: 0 } };
  if (await store.pages.findOne(newer, { projection: { _id: 1 } })) throw begunSince(source);
  return { at: last.at, begun };
}

function begunSince(source: string): Failure {
  return new Failure('settings-invalid', `${source} was read again since, but not completely: nothing was retired`, {
    source,
    remedy: `Collect it completely: npm run trigger -- ${source} --force --wait; then confirm that run`,
  });
}
