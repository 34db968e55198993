import { rm } from 'node:fs/promises';
import type { TestServers } from './test-servers.js';

export default async function stopServers(): Promise<void> {
  const started = (globalThis as { rollcallTestServers?: TestServers }).rollcallTestServers;
  if (!started) return;
  // Nothing of theirs is kept, so there is nothing that they should write at their leisure.
  await Promise.all(started.servers.map((server) => server.kill()));
  await rm(started.dir, { recursive: true, force: true });
}
