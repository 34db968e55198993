import { createHash } from 'node:crypto';
import type { SourceRegistry } from '../sources/index.js';
import { getBody } from './bodies.js';
import type { Store } from './database.js';
import { pagesFrom, type PageDoc } from './pages.js';
import type { RunDoc } from './runs.js';

export interface Verification {
  run: string;
  pages: number;
  rows: number;
  records: number;
  hosts: number;
  /** What is missing, extra or doubled, one sentence each; empty when all is well. */
  findings: string[];
}

/** How many findings of one kind are named before the rest is only counted. */
const NAMED = 10;

/**
 * Recounts a run against its ledger: bodies by digest, rows by reading them again, the chain of cursors, a record or a
 * quarantine entry for each row, and exactly one host for each record. Reads only.
 */
export async function verifyRun(
  store: Store,
  sources: SourceRegistry,
  run: RunDoc,
  rowsOf: (source: string, page: PageDoc, body: Buffer) => number,
): Promise<Verification> {
  const findings = new Findings();
  const sum = { pages: 0, rows: 0, records: 0 };
  for (const source of Object.keys(run.sources)) {
    sources.get(source);
    const pages = await pagesFrom(store, run._id, source, 0);
    checkChain(source, pages, findings);
    for (const page of pages) {
      sum.pages += 1;
      sum.rows += page.rows;
      await checkBody(store, source, page, rowsOf, findings);
      sum.records += await checkRecords(store, source, page, findings);
    }
  }
  const hosts = await checkHosts(store, findings);
  return { run: run._id, ...sum, hosts, findings: findings.list() };
}

class Findings {
  private readonly kinds = new Map<string, string[]>();
  add(kind: string, where: string): void {
    this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), where]);
  }
  list(): string[] {
    return [...this.kinds].map(([kind, places]) => {
      const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
      return `${kind} (${places.length}): ${places.slice(0, NAMED).join(', ')}${more}`;
    });
  }
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
  rowsOf: (source: string, page: PageDoc, body: Buffer) => number,
  findings: Findings,
): Promise<void> {
  const where = `${source} page ${page.seq}`;
  const body = await getBody(store, page.digest, page.bytes);
  if (!body) findings.add('a stored body is missing', where);
  else if (createHash('sha256').update(body).digest('hex') !== page.digest)
    findings.add('a stored body differs from its digest', where);
  else if (page.rows > 0 && rowsOf(source, page, body) !== page.rows)
    findings.add('a body holds another number of rows than its ledger entry', where);
}

async function checkRecords(store: Store, source: string, page: PageDoc, findings: Findings): Promise<number> {
  const full = await store.pages.findOne({ _id: page._id }, { projection: { outcome: 1 } });
  const outcome = full?.outcome;
  if (!outcome) {
    findings.add('a page was not normalized', `${source} page ${page.seq}`);
    return 0;
  }
  const ids = outcome.ids.map((id) => `${source}:${id}`);
  const found = await store.records.find({ _id: { $in: ids } }, { projection: { dirty: 1 } }).toArray();
  const known = new Set(found.map((record) => record._id));
  for (const id of ids) if (!known.has(id)) findings.add('a record of the ledger is missing', id);
  for (const record of found) if (record.dirty) findings.add('a record was not merged', record._id);
  if (outcome.new + outcome.changed + outcome.unchanged !== ids.length)
    findings.add('the counts of a page do not add up', `${source} page ${page.seq}`);
  await checkMembership(store, [...known], findings);
  return ids.length;
}

/** Each record in exactly one host. */
async function checkMembership(store: Store, records: string[], findings: Findings): Promise<void> {
  const holders = new Map<string, number>();
  const hosts = store.hosts.find<{ sources: { record: string }[] }>(
    { 'sources.record': { $in: records } },
    { projection: { 'sources.record': 1 } },
  );
  for await (const host of hosts)
    for (const { record } of host.sources) holders.set(record, (holders.get(record) ?? 0) + 1);
  for (const record of records) {
    const count = holders.get(record) ?? 0;
    if (count === 0) findings.add('a record is in no host', record);
    if (count > 1) findings.add('a record is in more than one host', record);
  }
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
