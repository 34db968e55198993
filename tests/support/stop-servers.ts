import { rm } from 'node:fs/promises';
import type { TestServers } from './test-servers.js';

export default async function stopServers(): Promise<void> {
  const started = (globalThis as { rollcallTestServers?: TestServers }).rollcallTestServers;
  if (!started) return;
  // The data of the servers is not kept, so they need no time to write it.
  await Promise.all(started.servers.map((server) => server.kill()));
  await rm(started.dir, { recursive: true, force: true });
}
