import { Malformed } from '../errors/malformed.js';
import { keysOf, type Path } from '../path.js';
import { Elements, afterSpace, afterString, afterValue, scanRecords } from './scan.js';

/** The parts of a page to find: keys to descend into, values to keep (by name), and the location of the record list. */
export interface Wanted {
  children: Map<string, Wanted>;
  /** Names of the values at this location. */
  values: string[];
  /** The record list is at this location; `list or one` also accepts one object. */
  records?: 'list' | 'list or one';
}

/** Byte ranges in a JSON page, found in one pass over its bytes without building an object. */
export interface Outline {
  /** `undefined` if there is neither a list nor an object at the location of the records. */
  records: Elements | undefined;
  /** Raw bytes of the wanted values that exist. */
  values: Map<string, Buffer>;
}

/**
 * Builds the tree of wanted values from paths (`''` is the root). `wrapper` is the key of an object that may replace the list
 * and contain it: Qualys writes one record as `data: {HostAsset: {…}}`.
 */
export function want(records: Path, values: Record<string, Path> = {}, wrapper?: string): Wanted {
  const root: Wanted = { children: new Map(), values: [] };
  const at = (keys: readonly string[]) => {
    let node = root;
    for (const key of keys) {
      const child = node.children.get(key) ?? { children: new Map<string, Wanted>(), values: [] };
      node.children.set(key, child);
      node = child;
    }
    return node;
  };
  at(keysOf(records)).records = wrapper === undefined ? 'list' : 'list or one';
  if (wrapper !== undefined) at([...keysOf(records), wrapper]).records = 'list or one';
  for (const [name, path] of Object.entries(values)) at(keysOf(path)).values.push(name);
  return root;
}

/** Scans a JSON page. Throws `Malformed` unless the bytes are one complete, balanced JSON text. */
export function outline(body: Buffer, wanted: Wanted): Outline {
  const found: Outline = { records: undefined, values: new Map() };
  const byteOrderMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  const end = afterSpace(body, visit(body, afterSpace(body, byteOrderMark), wanted, found));
  if (end < body.length) throw new Malformed(`continues after its end at byte ${end}`);
  return found;
}

function visit(body: Buffer, from: number, node: Wanted | undefined, found: Outline): number {
  const byte = body[from];
  const orOne = node?.records === 'list or one';
  let end: number;
  if (node?.records && byte === 0x5b) {
    found.records = new Elements();
    end = scanRecords(body, from + 1, found.records);
  } else if (node && byte === 0x7b && (orOne || node.children.size > 0)) {
    if (orOne) found.records = undefined;
    end = members(body, from, node, found);
    if (orOne && !found.records) scanRecords(body, from, (found.records = new Elements()), true);
  } else {
    end = afterValue(body, from);
  }
  for (const name of node?.values ?? []) found.values.set(name, body.subarray(from, end));
  return end;
}

function members(body: Buffer, from: number, node: Wanted, found: Outline): number {
  let at = afterSpace(body, from + 1);
  if (body[at] === 0x7d) return at + 1;
  for (;;) {
    if (body[at] !== 0x22) throw new Malformed(`has no key where one belongs at byte ${at}`);
    const afterKey = afterString(body, at);
    const child = node.children.get(keyAt(body, at, afterKey));
    at = afterSpace(body, afterKey);
    if (body[at] !== 0x3a) throw new Malformed(`has no colon after a key at byte ${at}`);
    at = afterSpace(body, visit(body, afterSpace(body, at + 1), child, found));
    if (body[at] === 0x7d) return at + 1;
    if (body[at] !== 0x2c) throw new Malformed(`ends early or lacks a comma at byte ${at}`);
    at = afterSpace(body, at + 1);
  }
}

const BACKSLASH = 0x5c;

/** Decodes a key: a vendor may write `"\u0040odata.nextLink"`. */
function keyAt(body: Buffer, from: number, to: number): string {
  const text = body.toString('utf8', from + 1, to - 1);
  if (!body.subarray(from, to).includes(BACKSLASH)) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
