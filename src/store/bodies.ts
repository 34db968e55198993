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

const PART_BYTES = 4 * 1024 * 1024;
const DUPLICATE_KEY = 11000;

function partIds(digest: string, length: number): string[] {
  return Array.from({ length: Math.max(1, Math.ceil(length / PART_BYTES)) }, (_, part) => `${digest}:${part}`);
}

/** Stores `body` under its SHA-256, unless it is there already. Resolves when a majority has it in the journal. */
export async function putBody(store: Store, digest: string, body: Buffer): Promise<void> {
  const ids = partIds(digest, body.length);
  // Parts are written in order, so the last one stands for all of them.
  const known = await store.bodies.findOne({ _id: ids.at(-1)! }, { projection: { _id: 1 } });
  if (known) return;
  for (const [part, _id] of ids.entries()) {
    const bytes = new Binary(body.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    await store.bodies.insertOne({ _id, bytes }).catch((error: { code?: number }) => {
      if (error.code !== DUPLICATE_KEY) throw error;
    });
  }
}

/** The body stored under `digest`, or `undefined` when one of its parts is missing. */
export async function getBody(store: Store, digest: string, length: number): Promise<Buffer | undefined> {
  const ids = partIds(digest, length);
  const parts: Buffer[] = [];
  for (const _id of ids) {
    const found = await store.bodies.findOne({ _id });
    if (!found) return undefined;
    parts.push(Buffer.from(found.bytes.buffer.buffer, found.bytes.buffer.byteOffset, found.bytes.length()));
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}
