import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Failure } from '../model/failure.js';

/** Content of a key ring's file: keys by id, each 64 random bytes in base64. */
export interface KeyRingContent {
  /** Id of the key for new masks. */
  current: string;
  keys: Record<string, string>;
}

/** Identifies a state of the file. Every change creates a new file, so that the inode differs too. */
export type FileState = Pick<ReturnType<typeof fstatSync>, 'mtimeMs' | 'size' | 'ino'>;

const KEY_BYTES = 64;
const KEY_ID = /^k[1-9]\d{0,5}$/;

const isKey = (text: string): boolean => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === text;
};

const schema = z
  .strictObject({
    current: z.string().regex(KEY_ID),
    keys: z.record(z.string().regex(KEY_ID), z.string().refine(isKey)),
  })
  .refine(({ current, keys }) => Object.hasOwn(keys, current));

/** Reads and checks a key ring. Throws `Failure('settings-invalid')`, which never shows the file's content. */
export function readKeyRing(path: string): { content: KeyRingContent; state: FileState } {
  let text: string;
  let state: FileState & { mode: number };
  try {
    const file = openSync(path, 'r');
    try {
      state = fstatSync(file);
      text = readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw bad(
      path,
      `cannot be read (${codeOf(error)})`,
      'Correct ROLLCALL_KEY_RING, or restore the file from its backup',
    );
  }
  // Windows has no such permission bits: there the folder's access list protects the file.
  if (process.platform !== 'win32' && (state.mode & 0o077) !== 0)
    throw bad(path, 'can be read by its group or by others', `chmod 600 ${path}`);
  return { content: parse(path, text), state };
}

/** Creates a key ring with one key, `k1`. Throws `Failure('settings-invalid')` if the file exists. */
export function createKeyRing(path: string): void {
  write(path, path, { current: 'k1', keys: { k1: newKey() } }, 'Choose another name: a key ring is never replaced');
}

/** Adds a key and makes it the current one. Returns its id once the file is durable. Throws `Failure('settings-invalid')`. */
export async function addKey(path: string): Promise<string> {
  let id = '';
  change(path, ({ keys }) => {
    id = `k${Math.max(...Object.keys(keys).map((known) => Number(known.slice(1)))) + 1}`;
    return { current: id, keys: { ...keys, [id]: newKey() } };
  });
  return id;
}

/**
 * Removes a key: values masked or sealed with it can never be read again. Throws `Failure('settings-invalid')` for the current
 * key.
 */
export async function removeKey(path: string, id: string): Promise<void> {
  change(path, ({ current, keys }) => {
    if (!Object.hasOwn(keys, id)) throw bad(path, `holds no key ${id}`, `Its keys are ${Object.keys(keys).join(', ')}`);
    if (id === current)
      throw bad(
        path,
        `has ${id} as its current key`,
        'Make another key current first: npm run rollcall -- mask rotate',
      );
    return { current, keys: Object.fromEntries(Object.entries(keys).filter(([other]) => other !== id)) };
  });
}

/** Creates the new file before it reads the old one, so that two concurrent changes cannot lose a key. */
function change(path: string, to: (content: KeyRingContent) => KeyRingContent): void {
  const next = `${path}.next`;
  const remedy = `Another process is changing the key ring. If there is none, remove ${next}, which an earlier attempt left behind`;
  write(path, next, () => to(readKeyRing(path).content), remedy);
  renameSync(next, path);
  syncFolder(path);
}

/** Writes a file that must not exist yet, readable by its owner only, and waits until it is on disk. */
function write(ring: string, path: string, content: KeyRingContent | (() => KeyRingContent), remedy: string): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw bad(path, codeOf(error) === 'EEXIST' ? 'exists' : `cannot be written (${codeOf(error)})`, remedy);
  }
  try {
    const written = typeof content === 'function' ? content() : content;
    writeSync(file, `${JSON.stringify(written, undefined, 2)}\n`);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  if (path === ring) syncFolder(path);
}

/** Syncs the folder: a new file name is durable only after that (fsync(2)). Windows cannot open folders and does not need it. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function parse(path: string, text: string): KeyRingContent {
  let parsed: ReturnType<typeof schema.safeParse> | undefined;
  try {
    parsed = schema.safeParse(JSON.parse(text));
  } catch {
    // Not JSON. The parser's message contains a part of the text, which may be a key.
  }
  if (parsed?.success) return parsed.data;
  throw bad(
    path,
    'is not a key ring',
    'It is JSON: {"current": "k1", "keys": {"k1": "base64 of 64 bytes"}}; restore it from its backup',
  );
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? 'error';

const bad = (path: string, why: string, remedy: string): Failure =>
  new Failure('settings-invalid', `Key ring ${path} ${why}`, { at: path, remedy });
