type Scalar = string | number | boolean;

/** One request, as a source declares it. At most one kind of body. */
export interface RequestTemplate {
  method: 'GET' | 'POST';
  /** Path below the source's base URL, with a leading slash; or a whole URL on a declared host, for a link from the vendor. */
  path: string;
  /** Entries whose value is `undefined` are omitted. */
  query?: Record<string, Scalar | undefined>;
  headers?: Record<string, string>;
  json?: unknown;
  /** A complete XML document, built with `xml()`. */
  xml?: string;
  form?: Record<string, string>;
}

/** One request, ready to send. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

/** Builds the request of a template for `target`; the template's headers override `headers`. */
export function buildRequest(target: URL, template: RequestTemplate, headers: Record<string, string>): HttpRequest {
  const url = new URL(target);
  url.hash = '';
  for (const [name, value] of Object.entries(template.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const [type, body] = encodeBody(template);
  return {
    method: template.method,
    url,
    headers: { ...headers, ...(type !== undefined && { 'content-type': type }), ...template.headers },
    ...(body !== undefined && { body }),
  };
}

function encodeBody({ json, xml, form }: RequestTemplate): [type?: string, body?: string] {
  if (json !== undefined) return ['application/json', JSON.stringify(json)];
  if (xml !== undefined) return ['text/xml', xml];
  if (form !== undefined) return ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()];
  return [];
}

/** Host and path of a URL, the only parts that are shown or logged. */
export function redactedUrl(url: URL): string {
  return url.host + url.pathname;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const escapeXml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** One XML element with escaped attributes; `contents` is a scalar to be escaped, or elements built with `xml()`. */
export function xml(name: string, contents: Scalar | string[], attributes: Record<string, string> = {}): string {
  const start = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const inside = Array.isArray(contents) ? contents.join('') : escapeXml(String(contents));
  return `<${name}${start.join('')}>${inside}</${name}>`;
}
