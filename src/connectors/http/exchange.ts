import { createHash } from 'node:crypto';
import ky from 'ky';
import { Failure } from '../../model/failure.js';
import { network } from '../../network/network.js';
import { Deadline } from './deadline.js';
import { networkFailure } from './network.js';
import { place, type HttpRequest } from './request.js';

/** Deadlines of one request in milliseconds, and the cap on its decompressed body in bytes. */
export interface TransportLimits {
  /** Until the headers, connecting included. */
  headersMs: number;
  /** From the headers to the last byte. */
  bodyMs: number;
  /** Between two pieces of the body. */
  idleMs: number;
  maxBytes: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  headersMs: 15_000,
  bodyMs: 60_000,
  idleMs: 15_000,
  maxBytes: 64 * 1024 * 1024,
};

/** One answer, read to its end. */
export interface Answer {
  url: URL;
  method: string;
  status: number;
  headers: Headers;
  /** Without parameters, lower-case. */
  mediaType: string;
  body: Buffer;
  /** Lower-case hex SHA-256 of `body`. */
  digest: string;
  fetchedAt: Date;
}

/**
 * Sends one request and reads its answer, whatever the status; redirects are answers too. Throws
 * `Failure('unreachable')` when there is no whole answer in time, `Failure('address-refused')` for an internal address that
 * is not declared, `Failure('response-too-large')` over the cap, and the signal's own reason when that aborts.
 */
export async function exchange(request: HttpRequest, limits: TransportLimits, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const net = network();
  await net.load();
  const { url, method } = request;
  const at = place(url);
  const deadline = new Deadline();
  const asked = {
    method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
    signal: deadline.signal,
    redirect: 'manual' as const,
  };
  const cancel = () => deadline.fail(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  let whole = false;
  try {
    const headers = deadline.start(limits.headersMs, () =>
      late(`${at} sent no answer within ${limits.headersMs} ms`, at),
    );
    const response = await deadline.race(
      ky(url, {
        ...asked,
        // Retries are Temporal's; a refusal is an answer, read like any other.
        retry: 0,
        timeout: false,
        throwHttpErrors: false,
        fetch: () => net.fetchVendor(url, asked),
      }) as Promise<Response>,
    );
    deadline.stop(headers);
    const { body, digest } = await receive(response, limits, deadline, at);
    whole = true;
    const mediaType =
      response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() || 'application/octet-stream';
    return {
      url,
      method,
      status: response.status,
      headers: response.headers,
      mediaType,
      body,
      digest,
      fetchedAt: new Date(),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof Failure ? error : networkFailure(error, at);
  } finally {
    signal.removeEventListener('abort', cancel);
    deadline.end(!whole);
  }
}

function late(message: string, at: string): Failure {
  return new Failure('unreachable', message, { at });
}

async function receive(response: Response, limits: TransportLimits, deadline: Deadline, at: string) {
  const hash = createHash('sha256');
  const gathered = new Gathered(Math.min(Number(response.headers.get('content-length') ?? 0), limits.maxBytes));
  let length = 0;
  const reader = response.body?.getReader();
  if (reader) {
    deadline.start(limits.bodyMs, () => late(`${at} did not send its whole answer within ${limits.bodyMs} ms`, at));
    const idle = deadline.start(limits.idleMs, () => late(`${at} stopped in mid-answer for ${limits.idleMs} ms`, at));
    for (;;) {
      const { done, value } = await deadline.race(reader.read());
      if (done) break;
      idle.refresh();
      length += value.length;
      if (length > limits.maxBytes) {
        throw new Failure('response-too-large', `${at} sent more than ${limits.maxBytes} bytes`, {
          at,
          status: response.status,
        });
      }
      hash.update(value);
      gathered.add(value);
    }
  }
  return { body: gathered.whole(), digest: hash.digest('hex') };
}

/** A body as it comes in: into one buffer when its length was announced, so that megabytes are held once and not twice. */
class Gathered {
  readonly #whole: Buffer;
  #rest: Uint8Array[] = [];
  #filled = 0;

  constructor(announced: number) {
    this.#whole = Buffer.allocUnsafeSlow(announced > 0 ? announced : 0);
  }

  add(chunk: Uint8Array): void {
    // A compressed answer announces the compressed length: what does not fit is kept beside it.
    if (this.#rest.length > 0 || this.#filled + chunk.length > this.#whole.length) this.#rest.push(chunk);
    else {
      this.#whole.set(chunk, this.#filled);
      this.#filled += chunk.length;
    }
  }

  whole(): Buffer {
    const filled = this.#whole.subarray(0, this.#filled);
    return this.#rest.length === 0 ? filled : Buffer.concat([filled, ...this.#rest]);
  }
}
