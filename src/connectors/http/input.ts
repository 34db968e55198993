import { Failure, type FailureKind } from '../../model/failure.js';
import type { Cursor, Decode, FetchOptions, FetchedPage, Input } from '../../model/source.js';
import type { Auth } from './auth/auth.js';
import { parsePage, type Envelope, type Values } from './envelope.js';
import { keepFailedBody } from './errors/failed-body.js';
import { headerValue, isHeaderValue, locationText } from './auth/header-values.js';
import { DEFAULT_LIMITS, type HttpResponse, type TransportLimits } from './exchange.js';
import type { Paging } from './paging/paging.js';
import { restartable, restarts, type Restart } from './restart.js';
import { bodyText, hints, responseError, type ErrorResponseRule } from './errors/response-error.js';
import { remedyFor } from './errors/remedies.js';
import { buildRequest, redactedUrl, type RequestTemplate } from './request.js';
import { Session, type RedirectPolicy } from './session.js';
import { headerWarnings } from './errors/warnings.js';
import { Paginator, type Fetched } from './paginator.js';

/** Options of an HTTP API, as a source declares them. */
export interface HttpInputOptions<Position extends Cursor> {
  /** The source's name, for errors. */
  source: string;
  /** Base URL; its path is prefixed to every request's path. */
  base: string;
  auth: Auth;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** `maxBytes` is divided among the pages in flight, so that memory does not grow with concurrency. */
  limits?: Partial<TransportLimits>;
  redirects?: RedirectPolicy;
  /** The request for one position of the listing. */
  request: (position: Position) => RequestTemplate;
  paging: Paging<Position>;
  envelope: Envelope;
  /** Failure kinds of error responses for which the general mapping is wrong for this vendor. */
  errorRules?: ErrorResponseRule[];
  /** Remedy per failure kind, in this source's own terms. */
  remedies?: Partial<Record<FailureKind, string>>;
}

/**
 * Creates an input that fetches from an HTTP API; `httpRows` reads its pages. It opens no connection yet. Keep the input
 * until the process ends: it caches the region to which the vendor redirected it.
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
    const response = await session.send(templateOf(position), signal);
    try {
      return fetched(response, position);
    } catch (error) {
      if (error instanceof Failure) {
        Object.assign(error.details, { ...hints(response), ...error.details });
        keepFailedBody(error, response);
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

  const fetched = (response: HttpResponse, position: Position): Fetched => {
    const { status, body, mediaType, digest, fetchedAt } = response;
    const warnings = [...session.takeWarnings(), ...headerWarnings(response)];
    const page = { body, mediaType, digest, status, fetchedAt, ...(warnings.length > 0 && { warnings }) };
    const { end } = paging;
    if (end && status === end.status && bodyText(response).includes(end.text)) return { page: { ...page, rows: 0 } };
    if (status !== 200) throw responseError(response, options.errorRules, !sameAsStart(position));
    const found = parsePage(body, envelope, redactedUrl(response.url));
    const { rows } = found;
    const parsed = { ...found, values: completeValues(found.values, envelope, response, paging.link) };
    const total = totalOf(parsed.values);
    const missing = missingValues(paging.needs?.(position, rows) ?? [], envelope, response, parsed.values);
    return {
      page: { ...page, rows, ...(total !== undefined && { total }), ...(missing.length > 0 && { lacks: missing }) },
      parsed,
    };
  };

  const sameAsStart = (position: Position) => JSON.stringify(position) === JSON.stringify(paging.start());

  const endpoint = () => {
    const [path = ''] = options.request(paging.start()).path.split(/[?#]/);
    return session.base.host + session.base.pathname.replace(/\/+$/, '') + path;
  };

  /** Adds the source, the address and the remedy to a failure, because the lower layers do not know them. */
  const withSource = (error: unknown): unknown => {
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
        let advanced = cursor !== null;
        try {
          const start = cursor === null ? paging.start() : paging.resume(cursor);
          for await (const page of new Paginator(start, fetchOptions, paging, fetch).pages()) {
            yield restarts.mark(page, times, warnings.splice(0));
            advanced = true;
          }
          return;
        } catch (error) {
          const failure = withSource(error);
          if (!restarts.helps(failure, advanced, times)) throw failure;
          warnings = [restarts.warning(++times)];
          cursor = null;
        }
      }
    },
    rehearse() {
      buildRequest(session.base, options.request(paging.start()), {});
    },
  };
}

/** Reads the pages of an HTTP API, whose structure `envelope` declares. */
export const httpRows = (envelope: Envelope): Decode =>
  function* ({ body, status }, source) {
    // The error response that ends a listing is a page without rows.
    if (status === 200) yield* parsePage(body, envelope, `A page of ${source}`).all();
  };

/**
 * Adds the values found in headers to the values of the body, and resolves the next page's address against the request's
 * URL.
 */
function completeValues(
  values: Values,
  { values: locations = {} }: Envelope,
  { headers, url }: HttpResponse,
  link: string | undefined,
): Values {
  const all = { ...values };
  for (const [name, location] of Object.entries(locations)) {
    const found = isHeaderValue(location) ? headerValue(headers, location)?.value : undefined;
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

/** Declared values that this page should contain and does not. A value that is present but empty counts as found. */
function missingValues(
  needed: string[],
  { values: locations = {} }: Envelope,
  { headers }: HttpResponse,
  values: Values,
): string[] {
  const names = [...new Set([...needed, ...(locations['total'] === undefined ? [] : ['total'])])];
  return names.flatMap((name) => {
    const location = locations[name];
    if (location === undefined) return [`${name} (not among the values of the envelope)`];
    const inHeaders = isHeaderValue(location) && headerValue(headers, location) !== undefined;
    const found = name === 'total' ? totalOf(values) !== undefined : inHeaders || Object.hasOwn(values, name);
    return found ? [] : [`${name} (${locationText(location)})`];
  });
}
