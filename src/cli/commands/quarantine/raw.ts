import { isUtf8 } from 'node:buffer';
import { printable } from '../../../format/printable.js';

/** Limit of characters on a screen. */
const SHOWN = 20_000;
/** Larger rows, which are whole pages, are not formatted. */
const INDENTED = 1_000_000;

/** A row as received, for a screen: JSON is indented with its original digits; control characters are replaced. */
export function shownRaw(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const whole = (text.length <= INDENTED ? indented(text) : undefined) ?? text;
  const shown =
    whole.length > SHOWN
      ? `${whole.slice(0, SHOWN)}\n… ${whole.length - SHOWN} characters more: --json shows all`
      : whole;
  return shown
    .split('\n')
    .map((line) => printable(line.replaceAll('\t', '  ')))
    .join('\n');
}

/** The row in a form that JSON can represent without loss. */
export const rawJson = (bytes: Buffer): { raw: string } | { raw_base64: string } =>
  isUtf8(bytes) ? { raw: bytes.toString('utf8') } : { raw_base64: bytes.toString('base64') };

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** Indents token by token, because parsing would round large numbers and drop repeated fields. `undefined`: not JSON. */
function indented(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = '';
  let depth = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(TOKENS)) {
    const opened = before === '{' || before === '[';
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    if (closes ? !opened : opened || before === ',') out += line();
    out += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return out;
}
