import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DenyLists } from '../host/canonical/deny-lists/index.js';
import type { SourceRegistry } from '../sources/loading/registry.js';

/**
 * Raise this number when the same bytes result in other records although no source raised its `mapping`: after a change to
 * a connector's decoding, to a dataset, to canonical spellings or to identity keys. Stored pages are then read again.
 */
export const READER_VERSION = 2;

/**
 * The version of all code and settings that determine the records of a page's bytes. A page with the same bytes and version
 * as an earlier one is not read again. For a user's source it includes a digest of its file, because its author may forget
 * to raise `mapping`.
 */
export function readingVersion(sources: SourceRegistry, name: string, denyLists: DenyLists): string {
  const parts = [READER_VERSION, sources.get(name).mapping, shortDigest(JSON.stringify(denyLists))];
  if (!sources.isOwn(name)) parts.push(shortDigest(readFileSync(sources.fileOf(name))));
  return parts.join('.');
}

const shortDigest = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, 12);
