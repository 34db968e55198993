import { Malformed } from '../errors/malformed.js';
import { keysOf, type Path } from '../path.js';

/** Byte ranges of the records and the wanted values of an XML page, each a whole element. */
export interface XmlOutline {
  /** `undefined` if the parent element of the records is missing. */
  records: { starts: number[]; ends: number[] } | undefined;
  /** Whole elements (`<count>2</count>`), by the wanted value's name. */
  values: Map<string, Buffer>;
}

const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;

function after(body: Buffer, text: string, from: number): number {
  const at = body.indexOf(text, from, 'latin1');
  if (at < 0) throw new Malformed(`ends early at byte ${body.length}`);
  return at + text.length;
}

/** The byte after a tag's `>`. Attribute values may also contain `>`. */
function afterTag(body: Buffer, from: number): number {
  let quote = 0;
  for (let at = from; at < body.length; at++) {
    const byte = body[at]!;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === 0x22 || byte === 0x27) quote = byte;
    else if (byte === GREATER) return at + 1;
  }
  throw new Malformed(`ends inside a tag that begins at byte ${from}`);
}

function nameAt(body: Buffer, from: number): string {
  let to = from;
  while (to < body.length && body[to]! > 0x20 && body[to] !== GREATER && body[to] !== SLASH) to++;
  return body.toString('utf8', from, to);
}

/**
 * Skips comments, CDATA, processing instructions and the DOCTYPE. Rejects a DOCTYPE that declares anything: entities are never
 * expanded.
 */
function afterMarkup(body: Buffer, from: number): number {
  if (body[from + 1] === QUESTION) return after(body, '?>', from);
  if (body.toString('latin1', from, from + 4) === '<!--') return after(body, '-->', from);
  if (body.toString('latin1', from, from + 9) === '<![CDATA[') return after(body, ']]>', from);
  const end = after(body, '>', from);
  if (body.subarray(from, end).includes(0x5b)) throw new Malformed('declares its own entities or elements');
  return end;
}

function requireBlank(body: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    if (body[at]! > 0x20) throw new Malformed(`holds text outside its root element at byte ${at}`);
  }
}

/** Joins by slash, because element names may contain dots but no slash. */
const joined = (path: Path) => keysOf(path).join('/');

/**
 * Scans an XML page in one pass over its tags. `path` is the path of the element whose children are the records, `values` are
 * paths of elements to keep. Throws `Malformed` unless there is exactly one root element and it is closed.
 */
export function xmlOutline(body: Buffer, path: Path, values: Record<string, Path>): XmlOutline {
  const records = joined(path);
  const names = new Map<string, string[]>();
  for (const [name, wanted] of Object.entries(values))
    names.set(joined(wanted), [...(names.get(joined(wanted)) ?? []), name]);
  const level = keysOf(path).length;
  const found: XmlOutline = { records: undefined, values: new Map() };
  // The scan tracks paths down to the records only. Below the records it counts elements, and saxes checks their names
  // later.
  const open: { name: string; path: string; start: number }[] = [];
  let depth = 0;
  let start = 0;
  let closed = false;
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  for (;;) {
    const tag = body.indexOf(LESS, at);
    if (depth === 0) requireBlank(body, at, tag < 0 ? body.length : tag);
    if (tag < 0) break;
    const next = body[tag + 1];
    if (next === BANG || next === QUESTION) {
      at = afterMarkup(body, tag);
      continue;
    }
    at = afterTag(body, tag);
    const closing = next === SLASH;
    const inside = depth > level || (depth === level && open.at(-1)?.path === records);
    if (!closing) {
      if (depth === 0 && closed) throw new Malformed(`continues after its end at byte ${tag}`);
      if (inside) {
        if (depth === level) start = tag;
      } else {
        const name = nameAt(body, tag + 1);
        open.push({ name, path: depth === 0 ? name : `${open.at(-1)!.path}/${name}`, start: tag });
        if (open.at(-1)!.path === records) found.records = { starts: [], ends: [] };
      }
      depth++;
    }
    if (closing || body[at - 2] === SLASH) {
      depth--;
      if (depth < 0) throw new Malformed(`closes an element that is not open at byte ${tag}`);
      if (depth === level && found.records && open.at(-1)?.path === records) {
        found.records.starts.push(start);
        found.records.ends.push(at);
      } else if (depth < open.length) {
        const element = open.pop()!;
        if (closing && nameAt(body, tag + 2) !== element.name)
          throw new Malformed(`closes the wrong element at byte ${tag}`);
        for (const name of names.get(element.path) ?? []) found.values.set(name, body.subarray(element.start, at));
        closed = depth === 0;
      }
    }
  }
  if (!closed || depth > 0) throw new Malformed(`ends before its root element is closed, at byte ${body.length}`);
  return found;
}
