import { parse } from 'http-link-header';
import { pathText, type Path } from '../path.js';

/** A value outside the body: a response header, or the target of a relation in the `Link` header (RFC 8288). */
export type HeaderValue = { header: string } | { link: string };

/** Where a declared value stands. */
export type ValuePlace = Path | HeaderValue;

export const isHeaderValue = (place: ValuePlace): place is HeaderValue =>
  typeof place === 'object' && !Array.isArray(place);

/** What is found in the headers: `value` is absent where the header is there and does not hold it. */
export function headerValue(headers: Headers, place: HeaderValue): { value?: string } | undefined {
  const text = headers.get('header' in place ? place.header : 'link');
  if (text === null || text.trim() === '') return undefined;
  if ('header' in place) return { value: text.trim() };
  try {
    // An anchor makes a link that of another resource.
    const target = parse(text)
      .rel(place.link)
      .find(({ anchor }) => anchor === undefined)?.uri;
    return target === undefined ? {} : { value: target };
  } catch {
    return undefined;
  }
}

/** A place as a message names it. */
export function placeText(place: ValuePlace): string {
  if (!isHeaderValue(place)) return pathText(place);
  return 'header' in place ? `header ${place.header}` : `Link header, rel=${place.link}`;
}
