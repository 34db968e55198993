import type { Client } from '@temporalio/client';
import { openClient } from '../../client.js';
import type { Config } from '../../config.js';
import { openStore, type Store } from '../../store/database.js';
import { findSources } from '../source/find.js';
import type { Doctor } from './check.js';

/** Connects to the servers for the checks: to each server once, when the first check needs it. The caller must call `close`. */
export function openDoctor(config: Config, timeoutMs: number): Doctor & { close(): Promise<void> } {
  let store: Promise<Store> | undefined;
  let temporal: Promise<Client> | undefined;
  // Shorter than a check's own timeout, so that the connection's error is reported instead of the timeout.
  const connectMs = Math.max(500, timeoutMs - 1_000);
  return {
    config,
    sources: findSources(config),
    store: () => (store ??= openStore(config.mongodb, { timeoutMs: connectMs, prepare: false })),
    temporal: () => (temporal ??= openClient(config.temporal, connectMs)),
    async close() {
      await Promise.allSettled([
        store?.then((open) => open.close()),
        temporal?.then(({ connection }) => connection.close()),
      ]);
    },
  };
}
