import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A request to a proxy: `CONNECT vendor.test:443` or `GET http://vendor.test/path`, with its credentials. */
export interface ProxyRequest {
  line: string;
  credentials: string | undefined;
}

export interface HttpProxy {
  url: string;
  seen: ProxyRequest[];
  close(): Promise<void>;
}

/** A real HTTP proxy on loopback that resolves every name to `to` (`host:port`), whatever port the request names. */
export async function startProxy(to: string, errorStatus?: number): Promise<HttpProxy> {
  const [host = '', port = ''] = to.split(':');
  const seen: ProxyRequest[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => void sockets.add(socket.on('error', () => socket.destroy()));
  const server = createServer((asked, response) => {
    seen.push({ line: `${asked.method} ${asked.url}`, credentials: asked.headers['proxy-authorization'] });
    if (errorStatus !== undefined) {
      response.writeHead(errorStatus).end();
      return;
    }
    const { 'proxy-authorization': _own, ...headers } = asked.headers;
    const { pathname, search } = new URL(asked.url!);
    const onward = request({ host, port, method: asked.method, path: pathname + search, headers }, (reply) => {
      response.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(response);
    });
    asked.pipe(onward.on('error', () => response.destroy()));
  });
  server.on('connect', (asked, socket: Socket) => {
    seen.push({ line: `CONNECT ${asked.url}`, credentials: asked.headers['proxy-authorization'] });
    if (errorStatus !== undefined) {
      socket.end(`HTTP/1.1 ${errorStatus} Refused\r\n\r\n`);
      return;
    }
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    keep(onward);
  });
  server.on('connection', keep);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
