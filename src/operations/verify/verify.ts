import { createHash } from 'node:crypto';
import type { KeyRing } from '../../privacy/key-ring.js';
import type { SourceRegistry } from '../../sources/loading/registry.js';
import type { DatasetName } from '../../model/source.js';
import { restartsAt } from '../../extract/restarts.js';
import { getBody } from '../../store/collections/bodies.js';
import type { Store } from '../../store/database.js';
import { Findings } from './findings.js';
import { wholeOutcome } from '../../store/collections/page-ids.js';
import { pagesFrom } from '../../store/collections/pages.js';
import type { PageDoc } from '../../store/documents/pages.js';
import type { RunDoc } from '../../store/documents/runs.js';
import { recordsAside } from '../../merge/set-aside.js';
import { RECORD_CHECKS, type CheckedPage, type Counted } from './records.js';

export interface Verification {
  run: string;
  pages: number;
  rows: number;
  records: number;
  hosts: number;
  /** For each source, the numbers of its ledger and the numbers found. */
  sources: Record<string, Reconciled>;
  /** When raw pages of the run were last removed because of their age. Only the remaining ones are checked. */
  prunedAt?: Date;
  /** What is missing, extra or duplicate, one sentence each; empty when there are no findings. */
  findings: string[];
}

export interface Reconciled {
  pages: number;
  rows: Counted;
  records: Counted;
  /** SHA-256 of the digests of all bodies, in the order of the listing. */
  checksum: { expected: string; actual: string };
}

/** Reads a stored body, and returns its number of rows and its events' ids. */
export type ReadBody = (
  source: string,
  page: PageDoc,
  body: Buffer,
) => { rows: number } & Pick<CheckedPage, 'eventIds'>;

const MOST_ASIDE = 1_000;
const NOTHING: ReturnType<ReadBody> = { rows: 0, eventIds: () => [] };

/**
 * Verifies a run against its ledger: bodies by digest, rows by reading them again, the chain of cursors, the records of each
 * page, and exactly one host for each record. Does not write.
 */
export async function verifyRun(
  store: Store,
  sources: SourceRegistry,
  run: RunDoc,
  read: ReadBody,
  keys: () => KeyRing,
): Promise<Verification> {
  const findings = new Findings();
  const reconciled: Record<string, Reconciled> = {};
  for (const source of Object.keys(run.sources)) {
    const check = RECORD_CHECKS[sources.get(source).dataset as DatasetName];
    const pages = await pagesFrom(store, run._id, source, 0);
    const rows: Counted = { expected: 0, actual: 0 };
    const records: Counted = { expected: 0, actual: 0 };
    const checksum = { expected: createHash('sha256'), actual: createHash('sha256') };
    if (!run.pruned_at) checkChain(source, pages, findings);
    for (const page of pages) {
      const body = await checkBody(store, source, page, keys, findings);
      const content = body && page.rows > 0 ? read(source, page, body) : NOTHING;
      rows.expected += page.rows;
      rows.actual += content.rows;
      checksum.expected.update(page.digest);
      checksum.actual.update(body ? digestOf(body) : 'missing');
      if (body && content.rows !== page.rows)
        findings.add('a body holds another number of rows than its ledger entry', `${source} page ${page.seq}`);
      const full = await store.pages.findOne({ _id: page._id }, { projection: { outcome: 1 } });
      if (!full?.outcome) findings.add('a page was not normalized', `${source} page ${page.seq}`);
      else {
        const outcome = await wholeOutcome(store, page._id, full.outcome);
        const counted = await check(store, { source, page, outcome, ...content }, findings);
        records.expected += counted.expected;
        records.actual += counted.actual;
      }
    }
    const { expected, actual } = checksum;
    const sums = { expected: expected.digest('hex'), actual: actual.digest('hex') };
    reconciled[source] = { pages: pages.length, rows, records, checksum: sums };
  }
  const hosts = await checkHosts(store, findings);
  for (const { record, error } of await recordsAside(store, MOST_ASIDE))
    findings.add('a record was set aside by the merge', `${record} (${error})`);
  const sum = (of: (one: Reconciled) => number) => Object.values(reconciled).reduce((all, one) => all + of(one), 0);
  return {
    run: run._id,
    pages: sum(({ pages }) => pages),
    rows: sum(({ rows }) => rows.expected),
    records: sum(({ records }) => records.expected),
    hosts,
    sources: reconciled,
    ...(run.pruned_at ? { prunedAt: run.pruned_at } : {}),
    findings: findings.list(),
  };
}

const digestOf = (body: Buffer) => createHash('sha256').update(body).digest('hex');

function checkChain(source: string, pages: PageDoc[], findings: Findings): void {
  for (const [index, page] of pages.entries()) {
    const where = `${source} page ${index}`;
    if (page.seq !== index) findings.add('the ledger has a gap or a page twice', where);
    const next = pages[index + 1];
    if (next && JSON.stringify(page.next) !== JSON.stringify(next.cursor) && !restartsAt(next.cursor, page.cursor))
      findings.add('a page does not continue where the previous page ended', where);
  }
}

async function checkBody(
  store: Store,
  source: string,
  page: PageDoc,
  keys: () => KeyRing,
  findings: Findings,
): Promise<Buffer | undefined> {
  const where = `${source} page ${page.seq}`;
  const body = await getBody(store, page.digest, page.bytes, keys);
  if (!body) findings.add('a stored body is missing', where);
  else if (digestOf(body) !== page.digest) findings.add('a stored body differs from its digest', where);
  return body;
}

/** Checks that all records of all hosts exist. Returns the number of live hosts. */
async function checkHosts(store: Store, findings: Findings): Promise<number> {
  let live = 0;
  let batch: { _id: string; records: string[] }[] = [];
  const check = async () => {
    const ids = batch.flatMap(({ records }) => records);
    const found = new Set(
      (await store.records.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    );
    for (const { _id, records } of batch)
      for (const record of records)
        if (!found.has(record)) findings.add('a host holds a record that does not exist', `${_id} ${record}`);
    batch = [];
  };
  const hosts = store.hosts.find<{ _id: string; sources: { record: string }[]; retired?: true }>(
    {},
    { projection: { 'sources.record': 1, retired: 1 } },
  );
  for await (const host of hosts) {
    if (!host.retired) live += 1;
    batch.push({ _id: host._id, records: host.sources.map(({ record }) => record) });
    if (batch.length === 2_000) await check();
  }
  await check();
  return live;
}
