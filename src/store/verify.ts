import { createHash } from 'node:crypto';
import type { KeyRing } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/index.js';
import type { DatasetName } from '../sources/source.js';
import { getBody } from './bodies.js';
import type { Store } from './database.js';
import { Findings } from './findings.js';
import { pagesFrom, type PageDoc } from './pages.js';
import type { RunDoc } from './runs.js';
import { RECORD_CHECKS, type CheckedPage } from './verify-records.js';

export interface Verification {
  run: string;
  pages: number;
  rows: number;
  records: number;
  hosts: number;
  /** What is missing, extra or doubled, one sentence each; empty when all is well. */
  findings: string[];
}

/** Reads a stored body again. */
export type ReadBody = (
  source: string,
  page: PageDoc,
  body: Buffer,
) => { rows: number } & Pick<CheckedPage, 'eventIds'>;

const NOTHING: ReturnType<ReadBody> = { rows: 0, eventIds: () => [] };

/**
 * Recounts a run against its ledger: bodies by digest, rows by reading them again, the chain of cursors, a record or a
 * quarantine entry for each row, and exactly one host for each record. Reads only.
 */
export async function verifyRun(
  store: Store,
  sources: SourceRegistry,
  run: RunDoc,
  read: ReadBody,
  keys: () => KeyRing,
): Promise<Verification> {
  const findings = new Findings();
  const sum = { pages: 0, rows: 0, records: 0 };
  for (const source of Object.keys(run.sources)) {
    const check = RECORD_CHECKS[sources.get(source).dataset as DatasetName];
    const pages = await pagesFrom(store, run._id, source, 0);
    checkChain(source, pages, findings);
    for (const page of pages) {
      sum.pages += 1;
      sum.rows += page.rows;
      const body = await checkBody(store, source, page, keys, findings);
      const held = body && page.rows > 0 ? read(source, page, body) : NOTHING;
      if (body && held.rows !== page.rows)
        findings.add('a body holds another number of rows than its ledger entry', `${source} page ${page.seq}`);
      const full = await store.pages.findOne({ _id: page._id }, { projection: { outcome: 1 } });
      if (!full?.outcome) findings.add('a page was not normalized', `${source} page ${page.seq}`);
      else sum.records += await check(store, { source, page, outcome: full.outcome, ...held }, findings);
    }
  }
  const hosts = await checkHosts(store, findings);
  return { run: run._id, ...sum, hosts, findings: findings.list() };
}

function checkChain(source: string, pages: PageDoc[], findings: Findings): void {
  for (const [index, page] of pages.entries()) {
    const where = `${source} page ${index}`;
    if (page.seq !== index) findings.add('the ledger has a gap or a page twice', where);
    const next = pages[index + 1];
    if (next && JSON.stringify(page.next) !== JSON.stringify(next.cursor))
      findings.add('a page does not go on where the one before it ended', where);
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
  else if (createHash('sha256').update(body).digest('hex') !== page.digest)
    findings.add('a stored body differs from its digest', where);
  return body;
}

/** No host without its records, and no hosts more than that. Returns how many live hosts there are. */
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
