const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return /[&<>"]/.test(text) ? text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] as string) : text;
}

/**
 * Converts JSON text to Qualys' XML. A key becomes an element, an element of a list is directly inside the list's element, and
 * numbers keep their digits. Extended-JSON wrappers (`$date`, `$numberLong`) and `_id` have no XML form: the XML contains the
 * wrapper's value and no `_id`.
 */
export function jsonToXml(json: string): string {
  return new Reader(json).value();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

class Reader {
  private at = 0;
  private readonly escapes: boolean;

  constructor(private readonly json: string) {
    this.escapes = json.includes('\\');
  }

  value(): string {
    const first = this.next();
    if (first === OPEN_OBJECT) return this.object();
    if (first === OPEN_ARRAY) return this.array();
    return first === QUOTE ? escapeXml(this.string()) : this.literal();
  }

  private object(): string {
    let xml = '';
    this.at++;
    for (let code = this.next(); code !== CLOSE_OBJECT; code = this.next()) {
      if (code === COMMA) {
        this.at++;
        continue;
      }
      const key = this.string();
      // Skip the colon.
      this.next();
      this.at++;
      const inner = this.value();
      if (key.startsWith('$')) xml += inner;
      else if (key !== '_id') xml += `<${key}>${inner}</${key}>`;
    }
    this.at++;
    return xml;
  }

  private array(): string {
    let xml = '';
    this.at++;
    for (let code = this.next(); code !== CLOSE_ARRAY; code = this.next()) {
      if (code === COMMA) this.at++;
      else xml += this.value();
    }
    this.at++;
    return xml;
  }

  private string(): string {
    const { json } = this;
    const start = this.at;
    let end = json.indexOf('"', start + 1);
    if (!this.escapes || !json.slice(start + 1, end).includes('\\')) {
      this.at = end + 1;
      return json.slice(start + 1, end);
    }
    for (end = start + 1; json.charCodeAt(end) !== QUOTE; end++) if (json.charCodeAt(end) === BACKSLASH) end++;
    this.at = end + 1;
    return JSON.parse(json.slice(start, this.at)) as string;
  }

  private literal(): string {
    const start = this.at;
    for (let code = this.json.charCodeAt(start); isLiteral(code); code = this.json.charCodeAt(this.at)) this.at++;
    const text = this.json.slice(start, this.at);
    return text === 'null' ? '' : text;
  }

  /** Skips white space and returns the code of the next character, NaN at the end. */
  private next(): number {
    let code = this.json.charCodeAt(this.at);
    while (code <= 0x20) code = this.json.charCodeAt(++this.at);
    if (Number.isNaN(code)) throw new SyntaxError('Unexpected end of JSON');
    return code;
  }
}

function isLiteral(code: number): boolean {
  return code > 0x20 && code !== COMMA && code !== CLOSE_ARRAY && code !== CLOSE_OBJECT;
}
