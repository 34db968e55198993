import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyRing, openKeyRing, type KeyRing } from '../../src/privacy/key-ring.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A path without a file. Its folder is removed after the tests of the file. */
export const freshPath = (): string => join(folder, `ring-${++count}.json`);

/** The path of a new key ring with one key. */
export function freshRing(): string {
  const path = freshPath();
  createKeyRing(path);
  return path;
}

/** The current content of the file, without a cache. */
export const keysOf = (path: string): KeyRing => openKeyRing(path).keys();
