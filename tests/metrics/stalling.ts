import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy to a server. While it stalls, it keeps and accepts connections but forwards no data. */
export interface Stalling {
  port: number;
  stall(): void;
  goOn(): void;
  close(): Promise<void>;
}

export async function startStalling(to: number): Promise<Stalling> {
  const pairs = new Set<[Socket, Socket]>();
  let stalled = false;
  const set = ([near, far]: [Socket, Socket]) => {
    if (stalled) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    } else near.pipe(far).pipe(near);
  };
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    set(pair);
  });
  const setAll = (value: boolean) => {
    stalled = value;
    for (const pair of pairs) set(pair);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => setAll(true),
    goOn: () => setAll(false),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
