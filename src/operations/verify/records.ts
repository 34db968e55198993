import type { EventId } from '../../model/event-order.js';
import type { DatasetName } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import type { Findings } from './findings.js';
import type { PageDoc, PageOutcome } from '../../store/documents/pages.js';
import { slicesOfIds } from '../../store/slices.js';

/** The number according to the ledger, and the number found. */
export interface Counted {
  expected: number;
  actual: number;
}

export interface CheckedPage {
  source: string;
  page: PageDoc;
  outcome: PageOutcome;
  /** Ids of the page's events; empty for other datasets. */
  eventIds: () => EventId[];
}

/** Functions that check a page's records, by dataset. Each returns the expected and the actual number. */
export const RECORD_CHECKS: Record<
  DatasetName,
  (store: Store, checked: CheckedPage, findings: Findings) => Promise<Counted>
> = { hosts: checkHostRecords, logins: checkLogins, events: checkEvents };

async function checkHostRecords(store: Store, { source, page, outcome }: CheckedPage, findings: Findings) {
  const ids = idsOf(source, outcome);
  const known = new Set<string>();
  for (const some of slicesOfIds(ids)) {
    const found = await store.records.find({ _id: { $in: [...some] } }, { projection: { dirty: 1 } }).toArray();
    for (const record of found) if (record.dirty) findings.add('a record was not merged', record._id);
    const there = found.map(({ _id }) => _id);
    await checkMembership(store, there, page.unmerged !== undefined, findings);
    for (const id of there) known.add(id);
  }
  expectAll(ids, known, findings);
  checkSum(source, page, outcome, findings);
  return { expected: new Set(ids).size, actual: known.size };
}

async function checkLogins(store: Store, { source, page, outcome }: CheckedPage, findings: Findings) {
  const ids = idsOf(source, outcome);
  const found = await store.logins.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  expectAll(ids, new Set(found.map(({ _id }) => _id)), findings);
  checkSum(source, page, outcome, findings);
  return { expected: new Set(ids).size, actual: found.length };
}

async function checkEvents(store: Store, { source, outcome, eventIds }: CheckedPage, findings: Findings) {
  // A page that was set aside is not read, because reading it would end this process.
  if (outcome.set_aside) return { expected: 0, actual: 0 };
  const ids = [...new Set(eventIds())];
  const found = await store.events
    .find({ _id: { $in: ids.map((id) => ({ source, id })) } }, { projection: { _id: 1 }, useBigInt64: true })
    .toArray();
  const known = new Set(found.map(({ _id }) => _id.id));
  const missing = ids.filter((id) => !known.has(id));
  for (const id of missing) findings.add('a record of the ledger is missing', `${source}:${id}`);
  return { expected: known.size + missing.length, actual: known.size };
}

const idsOf = (source: string, { ids }: PageOutcome) => ids.map((id) => `${source}:${id}`);

function expectAll(ids: readonly string[], known: ReadonlySet<string>, findings: Findings): void {
  for (const id of ids) if (!known.has(id)) findings.add('a record of the ledger is missing', id);
}

function checkSum(source: string, page: PageDoc, outcome: PageOutcome, findings: Findings): void {
  if (outcome.new + outcome.changed + outcome.unchanged !== outcome.ids.length)
    findings.add('the counts of a page do not add up', `${source} page ${page.seq}`);
}

/** Checks that each record is in exactly one host. `unmerged`: the merge of the page's records has not ended. */
async function checkMembership(store: Store, records: string[], unmerged: boolean, findings: Findings): Promise<void> {
  const holders = new Map<string, number>();
  const hosts = store.hosts.find<{ sources: { record: string }[] }>(
    { 'sources.record': { $in: records } },
    { projection: { 'sources.record': 1 } },
  );
  for await (const host of hosts)
    for (const { record } of host.sources) holders.set(record, (holders.get(record) ?? 0) + 1);
  for (const record of records) {
    const count = holders.get(record) ?? 0;
    if (count === 0) findings.add(unmerged ? 'a record was not merged' : 'a record is in no host', record);
    if (count > 1) findings.add('a record is in more than one host', record);
  }
}
