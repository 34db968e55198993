import { SaxesParser } from 'saxes';
import { MAX_DEPTH } from '../json/scan.js';
import { cleaned } from './clean.js';

/**
 * An element's contents: text, or children by name. An element named `list` becomes a list of `{Name: contents}` in
 * document order.
 */
export type XmlValue = string | { [name: string]: XmlValue } | XmlValue[];

interface Open {
  name: string;
  text: string;
  children: [string, XmlValue][];
}

/** An element is nested deeper than `MAX_DEPTH`. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

function contents({ name, text, children }: Open): XmlValue {
  if (name === 'list') return children.map(([child, value]) => ({ [child]: value }));
  if (children.length === 0) return text.trim();
  const fields: Record<string, XmlValue> = {};
  const repeated = new Map<string, XmlValue[]>();
  for (const [child, value] of children) {
    const several = repeated.get(child);
    if (several) several.push(value);
    else if (Object.hasOwn(fields, child)) repeated.set(child, [fields[child]!, value]);
    // Assigning to this name would replace the object's prototype.
    else if (child !== '__proto__') fields[child] = value;
  }
  for (const [child, several] of repeated) fields[child] = several;
  return fields;
}

/** An element is not well-formed; `partial` is the part that was parsed. */
export class NotWellFormed extends SyntaxError {
  override readonly name = 'NotWellFormed';
  constructor(readonly partial: XmlValue) {
    super('Not well-formed XML');
  }
}

/**
 * Parses one element into plain objects in the structure of Qualys' own JSON: all text stays text (`007`, `1.10`, ids
 * beyond 2^53), `<list><A/><B/></list>` becomes `list: [{A: …}, {B: …}]`, an element without contents is `''`. Attributes
 * are dropped; entities other than XML's own five are an error. Characters that XML forbids are removed, because vendors
 * copy text from machines unchanged. Throws `NotWellFormed` or `TooDeep`.
 */
export function parseElement(xml: string): XmlValue {
  try {
    return parse(xml);
  } catch (error) {
    const clean = error instanceof NotWellFormed ? cleaned(xml) : xml;
    if (clean === xml) throw error;
    return parse(clean);
  }
}

function parse(xml: string): XmlValue {
  const parser = new SaxesParser({ position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const stack: Open[] = [];
  let root: XmlValue = '';
  const close = () => {
    const closed = stack.pop()!;
    const value = contents(closed);
    const parent = stack.at(-1);
    if (parent) parent.children.push([closed.name, value]);
    else root = value;
  };
  parser.on('opentag', (tag) => {
    if (stack.length > MAX_DEPTH) throw new TooDeep();
    stack.push({ name: tag.name, text: '', children: [] });
  });
  const text = (piece: string) => {
    const top = stack.at(-1);
    if (top && top.children.length === 0) top.text += piece;
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    if (stack.length > 0) close();
  });
  // Without this handler saxes throws its first error, with a piece of the document in the message.
  let faulty = false;
  parser.on('error', () => {
    faulty = true;
  });
  parser.write(xml).close();
  while (stack.length > 0) close();
  if (faulty) throw new NotWellFormed(root);
  return root;
}
