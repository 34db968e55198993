import { createServer, type ServerResponse } from 'node:http';
import { registry } from './registry.js';

/** Provides the contents of the endpoint; called at each request. */
export interface EndpointContent {
  /** `false` if the supervisor should restart this process. */
  isLive(): boolean;
  /** The worker's dependencies, each `ok` or a description of the problem. */
  checks(): Promise<Record<string, string>>;
  /** Further metrics in Prometheus's text format, in addition to the metrics of this process's registry. */
  moreMetrics(): Promise<string>;
}

export interface Endpoint {
  /** host:port that it listens on. */
  address: string;
  close(): Promise<void>;
}

/**
 * Serves `/live`, `/ready` and `/metrics` at `address` (host:port). Throws the system's error when it cannot listen there, for
 * example because another worker uses the port.
 */
export async function openEndpoint(address: string, content: EndpointContent): Promise<Endpoint> {
  const serve = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === '/live') {
      const live = content.isLive();
      return sendJson(response, live ? 200 : 503, { live });
    }
    if (path === '/ready') {
      const checks = await content.checks();
      const ready = Object.values(checks).every((check) => check === 'ok');
      return sendJson(response, ready ? 200 : 503, { ready, checks });
    }
    if (path !== '/metrics') return sendJson(response, 404, { paths: ['/live', '/ready', '/metrics'] });
    const more = await content.moreMetrics();
    const text = `${(await registry.metrics()).trimEnd()}\n${more}`;
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text);
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      request.resume();
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    serve((request.url ?? '').split('?')[0]!, response).catch(() => {
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
