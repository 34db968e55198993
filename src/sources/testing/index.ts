import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityKeys } from '../../host/identity/keys.js';
import { resolveSettings } from '../../model/settings.js';
import { RecordRejected, type AnySource, type Mapped } from '../../model/source.js';

/** A request that the test server received. */
export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A response of the test server. Default `status`: 200. */
export interface Answered {
  status?: number;
  headers?: Record<string, string>;
  json: unknown;
}

export interface TestServer {
  /** `http://127.0.0.1:port` */
  url: string;
  /** All requests so far. */
  asked: Asked[];
  close(): Promise<void>;
}

/** Starts a real HTTP server on a free local port, which responds as `answer` returns. */
export async function serve(answer: (asked: Asked) => Answered): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://localhost');
      const request: Asked = {
        method: message.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: message.headers,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(request);
      const { status = 200, headers = {}, json } = answer(request);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
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

/** Reads a source's whole listing and maps every record like a worker, without storing anything. Throws `Failure`. */
export async function readAll(
  source: AnySource,
  environment: Record<string, string>,
): Promise<{ records: ReadRecord[]; rejected: string[] }> {
  const input = source.input(resolveSettings(source.name, source.settings, environment));
  const records: ReadRecord[] = [];
  const rejected: string[] = [];
  for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
    for (const row of input.rows(page)) {
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
