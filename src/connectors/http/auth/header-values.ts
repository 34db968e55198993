import { parse } from 'http-link-header';
import { pathText, type Path } from '../path.js';

/** A value outside the body: a response header, or the target of a relation in the `Link` header (RFC 8288). */
export type HeaderValue = { header: string } | { link: string };

/** Location of a declared value: a path in the body, or a header. */
export type ValueLocation = Path | HeaderValue;

export const isHeaderValue = (location: ValueLocation): location is HeaderValue =>
  typeof location === 'object' && !Array.isArray(location);

/**
 * Reads a value from the headers. Returns `undefined` if the header is missing, and an object without `value` if the header
 * does not contain the value.
 */
export function headerValue(headers: Headers, location: HeaderValue): { value?: string } | undefined {
  const text = headers.get('header' in location ? location.header : 'link');
  if (text === null || text.trim() === '') return undefined;
  if ('header' in location) return { value: text.trim() };
  try {
    // A link with an anchor belongs to another resource.
    const target = parse(text)
      .rel(location.link)
      .find(({ anchor }) => anchor === undefined)?.uri;
    return target === undefined ? {} : { value: target };
  } catch {
    return undefined;
  }
}

/** A location as text, for messages. */
export function locationText(location: ValueLocation): string {
  if (!isHeaderValue(location)) return pathText(location);
  return 'header' in location ? `header ${location.header}` : `Link header, rel=${location.link}`;
}
