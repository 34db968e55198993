import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyRing, openKeyRing, type KeyRing } from '../../src/privacy/key-ring.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Where no file is yet; gone after the test file. */
export const freshPath = (): string => join(folder, `ring-${++count}.json`);

/** The path of a new key ring with one key. */
export function freshRing(): string {
  const path = freshPath();
  createKeyRing(path);
  return path;
}

/** What the file holds now, whatever was read of it before. */
export const keysOf = (path: string): KeyRing => openKeyRing(path).keys();
