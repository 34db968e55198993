import { Binary, type IndexDescription } from 'mongodb';
import type { Store } from './database.js';

/**
 * A stretch of a response body exactly as received. Addressed by content (`SHA-256:part`), so the same bytes served
 * twice are stored once; parts stay below MongoDB's 16 MB document limit.
 */
export interface BodyDoc {
  _id: string;
  bytes: Binary;
}

export const bodyIndexes: IndexDescription[] = [];

/** Small enough that the copies on its way through the driver are reused memory, not fresh pages. */
const PART_BYTES = 900_000;
const DUPLICATE_KEY = 11000;

function partIds(digest: string, length: number): string[] {
  return Array.from(
    { length: Math.max(1, Math.ceil(length / PART_BYTES)) },
    (_, part) => `${digest}:${String(part).padStart(4, '0')}`,
  );
}

/** Stores `body` under its SHA-256, unless it is there already. Resolves when a majority has it in the journal. */
export async function putBody(store: Store, digest: string, body: Buffer): Promise<void> {
  const ids = partIds(digest, body.length);
  // The last part is written after all others, so it stands for them.
  const known = await store.bodies.findOne({ _id: ids.at(-1)! }, { projection: { _id: 1 } });
  if (known) return;
  const put = async (_id: string, part: number) => {
    const bytes = new Binary(body.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    await store.bodies.insertOne({ _id, bytes }).catch((error: { code?: number }) => {
      if (error.code !== DUPLICATE_KEY) throw error;
    });
  };
  await Promise.all(ids.slice(0, -1).map(put));
  await put(ids.at(-1)!, ids.length - 1);
}

/** The body stored under `digest`, or `undefined` when one of its parts is missing. */
export async function getBody(store: Store, digest: string, length: number): Promise<Buffer | undefined> {
  const ids = partIds(digest, length);
  const body = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const { bytes } of store.bodies.find({ _id: { $in: ids } }).sort({ _id: 1 })) {
    body.set(bytes.buffer, filled);
    filled += bytes.length();
  }
  return filled === length ? body : undefined;
}
