import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { bare } from '../../network/host-list.js';
import { proxyFor } from '../../network/proxy.js';
import type { Environment } from './path.js';

const DEADLINE_MS = 3_000;

/**
 * Checks, through the proxy of the environment, that a download host can be reached, so that a machine without general internet
 * access does not wait for the retries of the download. Throws an `Error` with the reason when the host cannot be reached.
 */
export async function probe(url: URL, environment: Environment): Promise<void> {
  const proxy = proxyFor(url, environment);
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
  let timer: NodeJS.Timeout | undefined;
  const abandoned = new AbortController();
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no response within ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  const connected = proxy
    ? throughProxy(proxy, url.hostname, port, abandoned.signal)
    : direct(url.hostname, port, abandoned.signal);
  try {
    await Promise.race([connected, timedOut]);
  } catch (error) {
    throw new Error(`${url.hostname} cannot be reached (${reason(error)})`, { cause: error });
  } finally {
    clearTimeout(timer);
    abandoned.abort();
    connected.catch(() => {});
  }
}

function direct(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, resolve).on('error', reject);
    signal.addEventListener('abort', () => socket.destroy());
  });
}

function throughProxy(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = `${host}:${port}`;
    const secure = proxy.protocol === 'https:';
    const connectRequest = (secure ? secureRequest : request)({
      host: bare(proxy.hostname),
      port: proxy.port || (secure ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target },
    });
    connectRequest.on('error', reject).on('connect', (response, socket) => {
      socket.destroy();
      // 407 means that the proxy works and requires the credentials, which the download sends.
      if (response.statusCode === 200 || response.statusCode === 407) resolve();
      else reject(new Error(`the proxy responded ${response.statusCode}`));
    });
    signal.addEventListener('abort', () => connectRequest.destroy());
    connectRequest.end();
  });
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
