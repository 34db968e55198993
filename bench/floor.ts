import { createHash } from 'node:crypto';
import { MongoClient, type AnyBulkWriteOperation, type Document } from 'mongodb';

/**
 * The minimum work of a pipeline on Node and MongoDB: fetch the pages with three requests in flight, parse them, insert each
 * record's raw text with a hash, upsert one golden document per host. No durability, no rules, no restart. A separate process:
 * `node floor.js '{"mongodb": URI, "listings": [{"url", "token", "pageSize", "pages"}]}'`.
 */
interface Work {
  mongodb: string;
  listings: { url: string; token: string; pageSize: number; records: number }[];
}

const IN_FLIGHT = 3;

async function main(work: Work): Promise<void> {
  const client = await new MongoClient(work.mongodb).connect();
  const db = client.db('floor');
  const raw = db.collection<Document & { _id: string }>('raw');
  const golden = db.collection<Document & { _id: string }>('golden');
  const started = process.hrtime.bigint();
  let records = 0;

  const load = async ({ url, token, pageSize, records: total }: Work['listings'][number]) => {
    let next = 0;
    const fetchPages = async () => {
      while (next < total) {
        const skip = next;
        next += pageSize;
        const limit = Math.min(pageSize, total - skip);
        const response = await fetch(`${url}?skip=${skip}&limit=${limit}`, { method: 'POST', headers: { token } });
        if (!response.ok) throw new Error(`floor: HTTP ${response.status}`);
        const stored = await store(url, JSON.parse(await response.text()) as Document[]);
        records += stored;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, fetchPages));
  };

  const store = async (url: string, page: Document[]): Promise<number> => {
    const texts = page.map((record) => JSON.stringify(record));
    const docs = page.map((record, index) => ({
      _id: `${url.includes('qualys') ? 'q' : 'c'}:${record['id'] ?? record['device_id']}`,
      hash: createHash('sha256').update(texts[index]!).digest('hex'),
      text: texts[index]!,
    }));
    const upserts = page.map((record): AnyBulkWriteOperation<Document & { _id: string }> => ({
      updateOne: { filter: { _id: hostOf(record) }, update: { $set: goldenOf(record) }, upsert: true },
    }));
    await Promise.all([raw.insertMany(docs, { ordered: false }), golden.bulkWrite(upserts, { ordered: false })]);
    return page.length;
  };

  await Promise.all(work.listings.map(load));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stdout.write(
    `${JSON.stringify({ seconds, records, cpu_seconds: (userCPUTime + systemCPUTime) / 1e6, rss_mb: maxRSS / 1024 })}\n`,
  );
  await client.close();
}

const hostOf = (record: Document): string =>
  String(
    record['dnsHostName'] || record['hostname'] || record['name'] || record['id'] || record['device_id'],
  ).toLowerCase();

function goldenOf(record: Document): Document {
  const agent = (record['agentInfo'] ?? {}) as Document;
  return {
    hostname: record['dnsHostName'] ?? record['hostname'],
    ip: record['address'] ?? record['local_ip'],
    mac: record['mac_address'] ?? null,
    os: record['os'] ?? record['os_version'],
    vendor: record['manufacturer'] ?? record['system_manufacturer'],
    model: record['model'] ?? record['system_product_name'],
    agent: agent['agentId'] ?? record['device_id'],
    agent_version: agent['agentVersion'] ?? record['agent_version'],
    last_seen: record['modified'] ?? record['last_seen'],
    external_ip: record['external_ip'] ?? agent['connectedFrom'],
  };
}

void main(JSON.parse(process.argv[2]!) as Work);
