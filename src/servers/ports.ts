import { connect, createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Returns a TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const port = await bind(0);
  if (port === undefined) throw new Error('No free port on loopback');
  return port;
}

/** Returns the preferred port when nothing listens there, else any free one. */
export async function freeOr(preferred: number): Promise<number> {
  // Some systems let two programs bind one port on different addresses, so a successful bind does not prove that the port is
  // free.
  if (await accepts(preferred)) return freePort();
  return (await bind(preferred)) ?? freePort();
}

/**
 * Calls `start` with a free port, the preferred one if possible. Tries another port when another process takes it before `start`
 * binds it.
 */
export async function onFreePort<T>(preferred: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && preferred !== undefined ? await freeOr(preferred) : await freePort();
    try {
      return await start(port);
    } catch (error) {
      if (attempt === 5 || !/address already in use/i.test((error as Error).message)) throw error;
    }
  }
}

/** Whether a process accepts connections on the port of loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
