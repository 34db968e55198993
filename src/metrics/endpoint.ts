import { createServer, type ServerResponse } from 'node:http';
import { registry } from './registry.js';

/** What the endpoint tells of; asked at each request. */
export interface Told {
  /** Whether this process is worth keeping. */
  isLive(): boolean;
  /** Each thing that a worker needs, and `ok` or what is wrong with it. */
  checks(): Promise<Record<string, string>>;
  /** Prometheus's text format, beside what this process counts. */
  moreMetrics(): Promise<string>;
}

export interface Endpoint {
  /** host:port that it listens on. */
  address: string;
  close(): Promise<void>;
}

/**
 * Answers `/live`, `/ready` and `/metrics` at `address` (host:port). Throws the system's error when it cannot listen there,
 * as when another worker does.
 */
export async function openEndpoint(address: string, told: Told): Promise<Endpoint> {
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === '/live') {
      const live = told.isLive();
      return sendJson(response, live ? 200 : 503, { live });
    }
    if (path === '/ready') {
      const checks = await told.checks();
      const ready = Object.values(checks).every((check) => check === 'ok');
      return sendJson(response, ready ? 200 : 503, { ready, checks });
    }
    if (path !== '/metrics') return sendJson(response, 404, { paths: ['/live', '/ready', '/metrics'] });
    const more = await told.moreMetrics();
    const text = `${(await registry.metrics()).trimEnd()}\n${more}`;
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text);
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      request.resume();
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    answer((request.url ?? '').split('?')[0]!, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const { host, port } = partsOf(address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  return {
    address: `${host}:${typeof bound === 'object' && bound ? bound.port : port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `[::]:9464` is the port 9464 of every address. */
function partsOf(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(at + 1)) };
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(value)}\n`);
}
