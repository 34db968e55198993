import type { RunningServer } from '../../src/servers/process.js';

/** The servers that all test files share. */
export interface TestServers {
  dir: string;
  servers: RunningServer[];
}
