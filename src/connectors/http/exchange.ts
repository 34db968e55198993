import { createHash } from 'node:crypto';
import ky from 'ky';
import { Failure } from '../../model/failure.js';
import { network } from '../../network/network.js';
import { Deadline } from './deadline.js';
import { networkFailure } from './network.js';
import { redactedUrl, type HttpRequest } from './request.js';

/** Deadlines of one request in milliseconds, and the cap on its decompressed body in bytes. */
export interface TransportLimits {
  /** Until the headers, including the connection. */
  headersMs: number;
  /** From the headers to the last byte. */
  bodyMs: number;
  /** Between two chunks of the body. */
  idleMs: number;
  maxBytes: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  headersMs: 15_000,
  bodyMs: 60_000,
  idleMs: 15_000,
  maxBytes: 64 * 1024 * 1024,
};

/** One response, read to its end. */
export interface HttpResponse {
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
 * Sends one request and reads its response with any status; redirects are returned too. Throws `Failure('unreachable')` if
 * no complete response arrives in time, `Failure('address-refused')` for an internal address that is not declared,
 * `Failure('response-too-large')` over the cap, and the signal's own reason on abort.
 */
export async function exchange(
  request: HttpRequest,
  limits: TransportLimits,
  signal: AbortSignal,
): Promise<HttpResponse> {
  signal.throwIfAborted();
  const net = network();
  await net.load();
  const { url, method } = request;
  const at = redactedUrl(url);
  const deadline = new Deadline();
  const init = {
    method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
    signal: deadline.signal,
    redirect: 'manual' as const,
  };
  const cancel = () => deadline.fail(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  let complete = false;
  try {
    const headers = deadline.start(limits.headersMs, () =>
      late(`${at} sent no response within ${limits.headersMs} ms`, at),
    );
    const response = await deadline.race(
      ky(url, {
        ...init,
        // ky must neither retry nor throw: Temporal retries, and an error response is read like any other response.
        retry: 0,
        timeout: false,
        throwHttpErrors: false,
        fetch: () => net.fetchVendor(url, init),
      }) as Promise<Response>,
    );
    deadline.stop(headers);
    const { body, digest } = await receive(response, limits, deadline, at);
    complete = true;
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
    deadline.end(!complete);
  }
}

function late(message: string, at: string): Failure {
  return new Failure('unreachable', message, { at });
}

async function receive(response: Response, limits: TransportLimits, deadline: Deadline, at: string) {
  const hash = createHash('sha256');
  const bodyBuffer = new BodyBuffer(Math.min(Number(response.headers.get('content-length') ?? 0), limits.maxBytes));
  let length = 0;
  const reader = response.body?.getReader();
  if (reader) {
    deadline.start(limits.bodyMs, () => late(`${at} did not send its whole response within ${limits.bodyMs} ms`, at));
    const idle = deadline.start(limits.idleMs, () =>
      late(`${at} sent no data for ${limits.idleMs} ms in the middle of its response`, at),
    );
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
      bodyBuffer.add(value);
    }
  }
  return { body: bodyBuffer.concat(), digest: hash.digest('hex') };
}

/** Collects a body. Uses one buffer if the length was announced, so that large bodies are not in memory twice. */
class BodyBuffer {
  readonly #complete: Buffer;
  #rest: Uint8Array[] = [];
  #filled = 0;

  constructor(announced: number) {
    this.#complete = Buffer.allocUnsafeSlow(announced > 0 ? announced : 0);
  }

  add(chunk: Uint8Array): void {
    // A compressed response announces its compressed length, so the rest of the body is stored in further chunks.
    if (this.#rest.length > 0 || this.#filled + chunk.length > this.#complete.length) this.#rest.push(chunk);
    else {
      this.#complete.set(chunk, this.#filled);
      this.#filled += chunk.length;
    }
  }

  concat(): Buffer {
    const filled = this.#complete.subarray(0, this.#filled);
    return this.#rest.length === 0 ? filled : Buffer.concat([filled, ...this.#rest]);
  }
}
