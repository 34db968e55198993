import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';

/**
 * A bare script for a log of events: it reads, parses and inserts a thousand events at a time, as durably as Rollcall. It does not
 * order events, does not recognize earlier events and cannot restart. A separate process: `node events-floor.js URI FILE`.
 */
const BATCH = 1_000;

interface EventLine {
  id: number;
  category: string;
  value: number;
}

async function main(uri: string, file: string): Promise<void> {
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority', journal: true } }).connect();
  const events = client.db('floor').collection<{ _id: number; category: string; value: number }>('events');
  const started = process.hrtime.bigint();
  let batch: { _id: number; category: string; value: number }[] = [];
  const flush = async () => {
    // MongoDB rejects a repeated id, which the script ignores.
    await events.insertMany(batch, { ordered: false }).catch((error: { code?: number }) => {
      if (error.code !== 11000) throw error;
    });
    batch = [];
  };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    try {
      const { id, category, value } = JSON.parse(line) as EventLine;
      if (typeof id === 'number') batch.push({ _id: id, category, value });
    } catch {
      // Ignore an invalid line.
    }
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(`${JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 })}\n`);
  await client.close();
}

void main(process.argv[2]!, process.argv[3]!);
