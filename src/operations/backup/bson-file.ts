import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { CollectionEntry } from './manifest.js';

/** Count, size and digest of documents. */
export type Sum = Omit<CollectionEntry, 'name'>;

/** Documents are written in chunks of at least this many bytes. */
const CHUNK = 256 * 1024;

/** Computes the `Sum` of raw documents. */
export class Summing {
  #documents = 0;
  #bytes = 0;
  readonly #digest = createHash('sha256');

  add(document: Uint8Array): void {
    this.#documents += 1;
    this.#bytes += document.byteLength;
    this.#digest.update(document);
  }

  end(): Sum {
    return { documents: this.#documents, bytes: this.#bytes, sha256: this.#digest.digest('hex') };
  }
}

/** Writes raw documents to a file that only its owner can read. Resolves when it is on disk. */
export async function writeDocuments(path: string, documents: AsyncIterable<Uint8Array>): Promise<Sum> {
  const sum = new Summing();
  const chunks = async function* () {
    let buffered: Uint8Array[] = [];
    let size = 0;
    for await (const document of documents) {
      sum.add(document);
      buffered.push(document);
      if ((size += document.byteLength) < CHUNK) continue;
      yield Buffer.concat(buffered);
      buffered = [];
      size = 0;
    }
    if (size > 0) yield Buffer.concat(buffered);
  };
  await pipeline(Readable.from(chunks()), createGzip({ level: 1 }), createWriteStream(path, { mode: 0o600 }));
  const file = await open(path);
  await file.sync();
  await file.close();
  return sum.end();
}

/** Reads the raw documents of a file. Throws when the file is truncated or has another format. */
export async function* readDocuments(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path);
  const unpacked = createGunzip();
  // `pipe` does not forward errors of its source.
  source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    const buffered = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (buffered.length - at >= 4) {
      const length = buffered.readInt32LE(at);
      if (length < 5) throw new Error('Not BSON');
      if (buffered.length - at < length) break;
      yield buffered.subarray(at, at + length);
      at += length;
    }
    rest = buffered.subarray(at);
  }
  if (rest.length > 0) throw new Error('Cut off in the middle of a document');
}
