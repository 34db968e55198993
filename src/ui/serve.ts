import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Failure } from '../model/failure.js';
import { createApp } from './app.js';
import type { UiOptions } from './options.js';
import { urlOf, type Bind } from './bind.js';

export interface Ui {
  /** `http://127.0.0.1:8300` */
  url: string;
  /** Also aborts in-flight requests. */
  close(): Promise<void>;
}

/** Serves the page. Throws `Failure` when the port is in use, or the address does not belong to this machine. */
export async function serveUi(options: UiOptions, bind: Bind): Promise<Ui> {
  const server = createAdaptorServer({
    fetch: createApp(options).fetch,
    // Limits how long a slow or silent client occupies a connection.
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotServe(bind, error)));
    server.listen(bind.port, bind.host, resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: urlOf(bind.host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not listen there',
  ENOTFOUND: 'the name cannot be resolved',
};

function cannotServe({ host, port }: Bind, { code = 'error' }: NodeJS.ErrnoException): Failure {
  return new Failure('settings-invalid', `The page cannot be served at ${host}:${port}: ${WHY[code] ?? code}`, {
    remedy: 'Choose another with --address or ROLLCALL_UI_ADDRESS',
  });
}
