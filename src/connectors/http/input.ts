import { Failure, type FailureKind } from '../../model/failure.js';
import type { Cursor, FetchOptions, FetchedPage, Input, Row } from '../../model/source.js';
import type { Auth } from './auth/auth.js';
import { checkedReading, type Envelope, type Values } from './envelope.js';
import { keepEvidence } from './errors/failed-body.js';
import { headerValue, isHeaderValue, placeText } from './auth/header-values.js';
import { DEFAULT_LIMITS, type Answer, type TransportLimits } from './exchange.js';
import type { Paging } from './paging/paging.js';
import { restartable, restarts, type Restart } from './restart.js';
import { bodyText, hints, refusal, type RefusalRule } from './errors/response-error.js';
import { remedyFor } from './errors/remedies.js';
import { buildRequest, place, type RequestTemplate } from './request.js';
import { Session, type RedirectPolicy } from './session.js';
import { headerWarnings } from './errors/warnings.js';
import { Walk, type Fetched } from './paginator.js';

/** An HTTP API as a source declares it. */
export interface HttpInputOptions<Position extends Cursor> {
  /** The source's name, for errors. */
  source: string;
  /** Base URL; a path in it goes before every request's path. */
  base: string;
  auth: Auth;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** `maxBytes` is shared by the pages in flight: memory does not grow with concurrency. */
  limits?: Partial<TransportLimits>;
  redirects?: RedirectPolicy;
  /** The request for one position of the listing. */
  request: (position: Position) => RequestTemplate;
  paging: Paging<Position>;
  envelope: Envelope;
  /** What the vendor means by a status where the general table is wrong. */
  refusals?: RefusalRule[];
  /** What a user can do about a kind of failure, in this source's own words. */
  remedies?: Partial<Record<FailureKind, string>>;
}

/**
 * An input that speaks HTTP. Making one does nothing yet: `rows` works without any setting, so that stored pages can be
 * read again without the vendor. Hold on to it for the life of the process: it remembers a region it was sent to.
 */
export function httpInput<Position extends Cursor>(options: HttpInputOptions<Position>): Input {
  const { source, paging, envelope, remedies = {} } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const session = new Session({
    ...options,
    headers: options.headers ?? {},
    limits: { ...limits, maxBytes: Math.floor(limits.maxBytes / paging.concurrency) },
  });

  const fetch = async (position: Position, signal: AbortSignal): Promise<Fetched> => {
    const answer = await session.send(templateOf(position), signal);
    try {
      return fetched(answer, position);
    } catch (error) {
      if (error instanceof Failure) {
        Object.assign(error.details, { ...hints(answer), ...error.details });
        keepEvidence(error, answer);
      }
      throw error;
    }
  };

  const templateOf = (position: Position): RequestTemplate => {
    const following = paging.request?.(position, session.base);
    if (!following) return options.request(position);
    const { headers } = options.request(paging.start());
    return { ...following, ...(headers && { headers }) };
  };

  const fetched = (answer: Answer, position: Position): Fetched => {
    const { status, body, mediaType, digest, fetchedAt } = answer;
    const warnings = [...session.takeWarnings(), ...headerWarnings(answer)];
    const page = { body, mediaType, digest, status, fetchedAt, ...(warnings.length > 0 && { warnings }) };
    const { end } = paging;
    if (end && status === end.status && bodyText(answer).includes(end.text)) return { page: { ...page, rows: 0 } };
    if (status !== 200) throw refusal(answer, options.refusals, !sameAsStart(position));
    const found = checkedReading(body, envelope, place(answer.url));
    const { rows } = found;
    const reading = { ...found, values: completeValues(found.values, envelope, answer, paging.link) };
    const total = totalOf(reading.values);
    const lacks = lackingOf(paging.needs?.(position, rows) ?? [], envelope, answer, reading.values);
    return {
      page: { ...page, rows, ...(total !== undefined && { total }), ...(lacks.length > 0 && { lacks }) },
      reading,
    };
  };

  const sameAsStart = (position: Position) => JSON.stringify(position) === JSON.stringify(paging.start());

  const endpoint = () => {
    const [path = ''] = options.request(paging.start()).path.split(/[?#]/);
    return session.base.host + session.base.pathname.replace(/\/+$/, '') + path;
  };

  /** The one place that completes a failure with what only the source knows. */
  const completed = (error: unknown): unknown => {
    if (!(error instanceof Failure)) return error;
    error.details.source ??= source;
    if (error.kind !== 'settings-invalid') error.details.at ??= endpoint();
    error.details.remedy ??= remedies[error.kind] ?? remedyFor(error.kind);
    return error;
  };

  return {
    async *pages(from: Cursor | null, fetchOptions: FetchOptions): AsyncGenerator<FetchedPage> {
      let { times, cursor }: Restart = restartable(from);
      let warnings: string[] = [];
      for (;;) {
        let walked = cursor !== null;
        try {
          const start = cursor === null ? paging.start() : paging.resume(cursor);
          for await (const page of new Walk(start, fetchOptions, paging, fetch).pages()) {
            yield restarts.mark(page, times, warnings.splice(0));
            walked = true;
          }
          return;
        } catch (error) {
          const failure = completed(error);
          if (!restarts.helps(failure, walked, times)) throw failure;
          warnings = [restarts.warning(++times)];
          cursor = null;
        }
      }
    },
    rehearse() {
      buildRequest(session.base, options.request(paging.start()), {});
    },
    *rows({ body, status }): Generator<Row> {
      // An answer that ended the listing is a page without rows.
      if (status !== 200) return;
      try {
        yield* checkedReading(body, envelope, `A page of ${source}`).all();
      } catch (error) {
        throw completed(error);
      }
    },
  };
}

/** The values of a body, with those that stand in headers; an address is made absolute, as it may be relative to the one asked. */
function completeValues(
  values: Values,
  { values: places = {} }: Envelope,
  { headers, url }: Answer,
  link: string | undefined,
): Values {
  const all = { ...values };
  for (const [name, place] of Object.entries(places)) {
    const found = isHeaderValue(place) ? headerValue(headers, place)?.value : undefined;
    if (found !== undefined) all[name] = found;
  }
  const address = link === undefined ? undefined : all[link];
  if (link !== undefined && typeof address === 'string' && address !== '' && URL.canParse(address, url.href))
    all[link] = new URL(address, url).href;
  return all;
}

function totalOf({ total }: Values): number | undefined {
  const number = typeof total === 'number' || (typeof total === 'string' && total.trim() !== '') ? Number(total) : -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Declared values that this page should hold and does not. One that is there and empty is found. */
function lackingOf(needed: string[], { values: places = {} }: Envelope, { headers }: Answer, values: Values): string[] {
  const names = [...new Set([...needed, ...(places['total'] === undefined ? [] : ['total'])])];
  return names.flatMap((name) => {
    const place = places[name];
    if (place === undefined) return [`${name} (not among the values of the envelope)`];
    const inHeaders = isHeaderValue(place) && headerValue(headers, place) !== undefined;
    const found = name === 'total' ? totalOf(values) !== undefined : inHeaders || Object.hasOwn(values, name);
    return found ? [] : [`${name} (${placeText(place)})`];
  });
}
