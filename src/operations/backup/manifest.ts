import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../model/failure.js';

/** The file name of a backup's manifest. The folder of a backup has this file and one file for each collection. */
export const MANIFEST = 'manifest.json';

const schema = z.object({
  format: z.literal(1),
  taken_at: z.string(),
  database: z.string(),
  /** Name of the hosts collection in the backup. */
  hosts_collection: z.string(),
  collections: z.array(
    z.object({
      name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/),
      documents: z.number().int().nonnegative(),
      /** Size of the documents, not of the file. */
      bytes: z.number().int().nonnegative(),
      /** Digest of the documents in the order of their `_id`. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type Manifest = z.infer<typeof schema>;
export type CollectionEntry = Manifest['collections'][number];

/** File of a collection: concatenated BSON documents, gzip. The format of `mongodump --gzip` and `mongorestore --gzip`. */
export const fileOf = (folder: string, collection: string): string => join(folder, `${collection}.bson.gz`);

/** Reads the manifest. Throws `Failure` when `folder` has no backup that this version can read. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  const bad = (why: string) =>
    new Failure('settings-invalid', `${folder} holds no backup: ${MANIFEST} ${why}`, {
      remedy: 'Name the folder that `rollcall backup` made; one that ends in .partial was not finished',
    });
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw bad(`cannot be read (${error.code})`);
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw bad('is not one of this version');
  }
}
