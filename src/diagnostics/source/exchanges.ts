import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** One request as it passed, and what its answer's headers told. */
export interface Exchange {
  method: string;
  /** Host and path, never the query. */
  at: string;
  status: number;
  /** From the request to the headers of its answer. */
  ms: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** When the answer came, by our clock. */
  answeredAt: Date;
}

interface Passing {
  request: { origin?: unknown; path?: string; method?: string };
  response?: { statusCode?: number; headers?: (Buffer | string)[] };
}

/**
 * Listens to the requests that `fetch` makes in this process while `work` runs: connectors keep a page's body and no headers, and
 * limits, clocks and accounts are told in those.
 */
export async function listening<T>(work: () => Promise<T>): Promise<{ result: T; exchanges: Exchange[] }> {
  const started = new Map<object, number>();
  const exchanges: Exchange[] = [];
  const onCreate = (message: unknown) => void started.set((message as Passing).request, performance.now());
  const onHeaders = (message: unknown) => {
    const { request, response } = message as Passing;
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

function exchangeOf(request: Passing['request'], response: Passing['response'], ms: number): Exchange {
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
    answeredAt: new Date(),
  };
}

const textOf = (header: Buffer | string): string => (typeof header === 'string' ? header : header.toString('latin1'));
