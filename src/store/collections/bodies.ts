import { inTransaction } from '../transaction.js';
import type { BodyDoc } from '../documents/bodies.js';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { Binary, type ClientSession, type FindOptions } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { seal, unseal } from '../../privacy/seal.js';
import type { Store } from '../database.js';

/** With parts of this size, the driver's copies reuse memory. With larger parts, each copy would allocate new memory pages. */
const PART_BYTES = 900_000;
const DUPLICATE_KEY = 11000;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

export const partId = (digest: string, part: number): string => `${digest}:${String(part).padStart(4, '0')}`;

/**
 * Stores `body` under its SHA-256 unless it is stored already; sealed (encrypted) when `keys` are given. Resolves when a majority
 * has it in the journal.
 */
export async function putBody(store: Store, digest: string, body: Buffer, keys?: KeyRing): Promise<void> {
  const known = await store.bodies.findOne({ _id: partId(digest, 0) }, { projection: { pending_deletion: 1 } });
  if (known && (known.pending_deletion === undefined || (await unmark(store, digest)))) return;
  // Compression with quality 1 takes 2 ms per megabyte. MongoDB takes 15 ms to receive and store a megabyte, because it also
  // writes it to the oplog and the journal.
  const packed = await compress(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 1,
      [constants.BROTLI_PARAM_LGWIN]: 20,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  });
  const sealed = keys && seal(keys, packed, digest);
  const whole = sealed?.bytes ?? packed;
  const parts = Math.ceil(whole.length / PART_BYTES);
  const put = async (part: number, within: Within = {}) => {
    const bytes = new Binary(whole.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    const first = { parts, ...(sealed && { key: sealed.key }) };
    if (part === 0) await store.bodies.insertOne({ _id: partId(digest, 0), bytes, ...first }, within);
    // An earlier attempt may have ended before it wrote the first part. Its other parts may come from another version of the
    // compressor, so they are replaced.
    else await store.bodies.replaceOne({ _id: partId(digest, part) }, { bytes }, { ...within, upsert: true });
  };
  const putAll = async () => {
    await Promise.all(Array.from({ length: parts - 1 }, (_, at) => put(at + 1)));
    await put(0);
  };
  // Each sealing of the same body gives different bytes, so parts of two attempts, or of an attempt and a key rotation, must
  // not mix.
  const putAtOnce = () =>
    inTransaction(store, async (session) => {
      for (let part = 0; part < parts; part += 1) await put(part, { session });
    });
  await (sealed && parts > 1 ? putAtOnce() : putAll()).catch((error: { code?: number }) => {
    if (error.code !== DUPLICATE_KEY) throw error;
  });
}

/** Removes the mark for deletion; `false` when the body was deleted already. See `unused-bodies.ts`. */
async function unmark(store: Store, digest: string): Promise<boolean> {
  const kept = await store.bodies.updateOne({ _id: partId(digest, 0) }, { $unset: { pending_deletion: true } });
  return kept.matchedCount > 0;
}

/**
 * The body stored under `digest`, of `length` bytes; `undefined` when parts are missing or the length differs. Throws `Failure`
 * when it is sealed and `keys` lack its key.
 */
export async function getBody(
  store: Store,
  digest: string,
  length: number,
  keys?: () => KeyRing,
): Promise<Buffer | undefined> {
  const packed = await packedBody(store, digest, keys);
  if (!packed) return undefined;
  // One chunk as large as the body, so that no chunks have to be joined.
  const body = await decompress(packed, {
    chunkSize: Math.max(length, 64),
    maxOutputLength: Math.max(length, 64),
  }).catch((error: { code?: string }) => {
    if (error.code?.startsWith('ERR_') || error.code?.startsWith('Z_')) return undefined;
    throw error;
  });
  return body?.length === length ? body : undefined;
}

async function packedBody(store: Store, digest: string, keys?: () => KeyRing): Promise<Uint8Array | undefined> {
  const stored = await partsOf(store, digest);
  try {
    return opened(stored, digest, keys);
  } catch {
    // The body may have been resealed meanwhile. A long read can see parts from before and after that commit; a read in a
    // snapshot cannot.
    return opened(await partsOf(store, digest, { readConcern: { level: 'snapshot' } }), digest, keys);
  }
}

/** `undefined` when parts are missing. */
function opened(stored: readonly BodyDoc[], digest: string, keys?: () => KeyRing): Uint8Array | undefined {
  if (stored.length === 0 || stored[0]!.parts !== stored.length) return undefined;
  const { key } = stored[0]!;
  const bytes = joined(stored);
  if (key === undefined) return bytes;
  if (!keys) throw new Error('A sealed page is read without keys');
  return unseal(keys(), { key, bytes }, digest);
}

/** The parts stored under `digest`, in order. */
export function partsOf(store: Store, digest: string, options?: FindOptions): Promise<BodyDoc[]> {
  return store.bodies
    .find({ _id: { $gte: partId(digest, 0), $lt: `${digest};` } }, options)
    .sort({ _id: 1 })
    .toArray();
}

export function joined(parts: readonly BodyDoc[]): Uint8Array {
  if (parts.length === 1) return parts[0]!.bytes.buffer;
  return Buffer.concat(parts.map(({ bytes }) => bytes.buffer as Uint8Array));
}

/** The transaction of an operation, if it has one. */
export interface Within {
  session?: ClientSession;
}
