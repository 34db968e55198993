const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string) : text;
}

/**
 * Rewrites a JSON text as Qualys' XML: a key becomes an element, an element of a list stands directly inside the list's
 * element, numbers keep their digits. Extended-JSON wrappers (`$date`, `$numberLong`) and `_id` have no XML form: the
 * wrapper gives its value, `_id` is left out.
 */
export function jsonToXml(json: string): string {
  const reader = new Reader(json);
  return reader.value();
}

class Reader {
  private at = 0;
  constructor(private readonly json: string) {}

  value(): string {
    this.space();
    const first = this.json[this.at];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"') return escapeXml(this.string());
    return this.literal();
  }

  private object(): string {
    let xml = '';
    this.at++;
    for (;;) {
      this.space();
      const next = this.json[this.at];
      if (next === '}') break;
      if (next === ',') this.at++;
      this.space();
      const key = this.string();
      this.space();
      this.at++;
      const inner = this.value();
      if (key.startsWith('$')) xml += inner;
      else if (key !== '_id') xml += `<${key}>${inner}</${key}>`;
      this.space();
    }
    this.at++;
    return xml;
  }

  private array(): string {
    let xml = '';
    this.at++;
    for (;;) {
      this.space();
      const next = this.json[this.at];
      if (next === ']') break;
      if (next === ',') this.at++;
      else xml += this.value();
    }
    this.at++;
    return xml;
  }

  private string(): string {
    const start = this.at++;
    let escaped = false;
    for (;;) {
      const code = this.json.charCodeAt(this.at++);
      if (code === 34) break;
      if (code !== 92) continue;
      escaped = true;
      this.at++;
    }
    return escaped ? (JSON.parse(this.json.slice(start, this.at)) as string) : this.json.slice(start + 1, this.at - 1);
  }

  private literal(): string {
    const start = this.at;
    while (/[^,\]}\s]/.test(this.json[this.at] ?? ',')) this.at++;
    const text = this.json.slice(start, this.at);
    return text === 'null' ? '' : text;
  }

  private space(): void {
    while (/\s/.test(this.json[this.at] ?? '.')) this.at++;
  }
}
