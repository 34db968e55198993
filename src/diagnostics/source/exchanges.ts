import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A request that was made, and the headers of its response. */
export interface Exchange {
  method: string;
  /** Host and path, never the query. */
  at: string;
  status: number;
  /** From the request to the headers of the response. */
  ms: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** When the response arrived, by our clock. */
  respondedAt: Date;
}

interface UndiciEvent {
  request: { origin?: unknown; path?: string; method?: string };
  response?: { statusCode?: number; headers?: (Buffer | string)[] };
}

/**
 * Records the requests that `fetch` makes in this process while `work` runs. Needed because connectors keep a page's body but
 * not its headers, which report rate limits, the vendor's clock and the account.
 */
export async function recordExchanges<T>(work: () => Promise<T>): Promise<{ result: T; exchanges: Exchange[] }> {
  const started = new Map<object, number>();
  const exchanges: Exchange[] = [];
  const onCreate = (message: unknown) => void started.set((message as UndiciEvent).request, performance.now());
  const onHeaders = (message: unknown) => {
    const { request, response } = message as UndiciEvent;
    const began = started.get(request);
    if (began !== undefined) exchanges.push(exchangeOf(request, response, performance.now() - began));
  };
  subscribe('undici:request:create', onCreate);
  subscribe('undici:request:headers', onHeaders);
  try {
    return { result: await work(), exchanges };
  } finally {
    unsubscribe('undici:request:create', onCreate);
    unsubscribe('undici:request:headers', onHeaders);
  }
}

function exchangeOf(request: UndiciEvent['request'], response: UndiciEvent['response'], ms: number): Exchange {
  const origin = String(request.origin);
  const raw = response?.headers ?? [];
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) headers[textOf(raw[at]!).toLowerCase()] = textOf(raw[at + 1]!);
  return {
    method: request.method ?? '',
    at: `${URL.canParse(origin) ? new URL(origin).host : ''}${(request.path ?? '').split('?')[0]}`,
    status: response?.statusCode ?? 0,
    ms: Math.round(ms),
    headers,
    respondedAt: new Date(),
  };
}

const textOf = (header: Buffer | string): string => (typeof header === 'string' ? header : header.toString('latin1'));
