import { SaxesParser } from 'saxes';
import { MAX_DEPTH } from '../json/scan.js';

/** An element's contents: text, or children by name. `list` holds `{Name: contents}` in document order. */
export type XmlValue = string | { [name: string]: XmlValue } | XmlValue[];

interface Open {
  name: string;
  text: string;
  children: [string, XmlValue][];
}

/** An element nested deeper than `MAX_DEPTH`. */
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
    // A plain assignment of this name would replace the object's prototype.
    else if (child !== '__proto__') fields[child] = value;
  }
  for (const [child, several] of repeated) fields[child] = several;
  return fields;
}

/**
 * Builds plain objects from one element in the shape of Qualys' own JSON: all text stays text (`007`, `1.10`, ids beyond
 * 2^53), `<list><A/><B/></list>` becomes `list: [{A: …}, {B: …}]`, an element without contents is `''`. Attributes are
 * not kept; entities other than XML's own five are an error. Throws when the element is not well-formed.
 */
export function parseElement(xml: string): XmlValue {
  const parser = new SaxesParser({ position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const stack: Open[] = [];
  let root: XmlValue = '';
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
    const closed = stack.pop()!;
    const value = contents(closed);
    const parent = stack.at(-1);
    if (parent) parent.children.push([closed.name, value]);
    else root = value;
  });
  // Without this handler saxes' first complaint is thrown as well, but with a piece of the document in its message.
  parser.on('error', () => {
    throw new SyntaxError('Not well-formed XML');
  });
  parser.write(xml).close();
  return root;
}
