import { createServer, type Server } from 'node:net';
import { accepts, freeOr, freePort, onFreePort } from '../../src/servers/ports.js';

const open: Server[] = [];
afterEach(() => open.splice(0).forEach((server) => server.close()));

function listen(port: number): Promise<void> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    open.push(server.listen({ host: '127.0.0.1', port }, resolve));
  });
}

test('freeOr returns the preferred port while it is free, and another port when it is in use', async () => {
  const port = await freePort();
  expect(await freeOr(port)).toBe(port);
  await listen(port);
  expect(await accepts(port)).toBe(true);
  expect(await freeOr(port)).not.toBe(port);
});

test('onFreePort tries another port when a port is in use after all, and rethrows any other error', async () => {
  const preferred = await freePort();
  const tried: number[] = [];
  const started = await onFreePort(preferred, async (port) => {
    tried.push(port);
    if (tried.length < 3) throw new Error('bind: address already in use');
    return port;
  });
  expect(tried[0]).toBe(preferred);
  expect(started).toBe(tried[2]);
  expect(new Set(tried).size).toBe(3);
  await expect(onFreePort(undefined, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
});
