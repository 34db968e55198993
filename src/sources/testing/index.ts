import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityKeys } from '../../host/identity/keys.js';
import { rowsOf } from '../decode.js';
import { resolveSettings } from '../../model/settings.js';
import { RecordRejected, type AnySource, type Mapped } from '../../model/source.js';

/** A request that the test server received. */
export interface TestRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A response of the test server. Default `status`: 200. */
export interface TestResponse {
  status?: number;
  headers?: Record<string, string>;
  json: unknown;
}

export interface TestServer {
  /** `http://127.0.0.1:port` */
  url: string;
  /** All requests so far. */
  requests: TestRequest[];
  close(): Promise<void>;
}

/** Starts a real HTTP server on a free local port. It sends the response that `respond` returns. */
export async function serve(respond: (request: TestRequest) => TestResponse): Promise<TestServer> {
  const requests: TestRequest[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://localhost');
      const request: TestRequest = {
        method: message.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: message.headers,
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(request);
      const { status = 200, headers = {}, json } = respond(request);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A mapped record, for tests of a source. */
export interface ReadRecord extends Mapped<any> {
  /** Identity keys of a host; empty for other datasets. */
  keys: string[];
}

/** Reads a source's whole listing and maps every record like a worker. Stores no data. Throws `Failure`. */
export async function readAll(
  source: AnySource,
  environment: Record<string, string>,
): Promise<{ records: ReadRecord[]; rejected: string[] }> {
  const input = source.input(resolveSettings(source.name, source.settings, environment));
  const records: ReadRecord[] = [];
  const rejected: string[] = [];
  for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
    for (const row of rowsOf(source, page)) {
      try {
        if (row.error !== undefined) throw new RecordRejected(row.error);
        const mapped = source.map(row.value);
        const keys = source.dataset === 'hosts' ? identityKeys(source.vendor, mapped.id, mapped.observation) : [];
        records.push({ ...mapped, keys });
      } catch (error) {
        if (!(error instanceof RecordRejected)) throw error;
        rejected.push(error.reason);
      }
    }
  }
  return { records, rejected };
}
