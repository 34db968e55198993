export type BinaryKind = 'temporal' | 'mongod' | 'temporal-test-server';

/** What is known about a server's program before one is found: how users name it and how it tells that it is the right one. */
export interface Binary {
  kind: BinaryKind;
  /** As users know it, at the start of every line about it. */
  title: string;
  /** Environment variable that names one to use. */
  variable: string;
  command: string;
  /** What `--version` prints; its first group, where there is one, is the version. */
  answer: RegExp;
  /** Oldest major version that Rollcall is tested with. */
  oldest: number;
  /** What to do when none can be had. */
  remedy: string;
}

export const BINARIES: Record<BinaryKind, Binary> = {
  temporal: {
    kind: 'temporal',
    title: 'Temporal',
    variable: 'TEMPORAL_CLI',
    command: 'temporal',
    answer: /temporal version v?(\d[\w.]*)/i,
    oldest: 1,
    remedy:
      'Set TEMPORAL_ADDRESS to a Temporal server, or TEMPORAL_CLI to the temporal command (https://docs.temporal.io/cli)',
  },
  mongod: {
    kind: 'mongod',
    title: 'MongoDB',
    variable: 'MONGOD',
    command: 'mongod',
    answer: /db version v?(\d[\w.]*)/i,
    oldest: 6,
    remedy:
      'Set MONGODB_URI to a replica set, or MONGOD to the mongod of MongoDB 6.0 or later (https://www.mongodb.com/try/download/community)',
  },
  'temporal-test-server': {
    kind: 'temporal-test-server',
    title: 'Temporal test server',
    variable: 'TEMPORAL_TEST_SERVER',
    command: 'temporal-test-server',
    // It knows no options: it takes `--version` for a port and refuses it, in its own name.
    answer: /io\.temporal\.testserver|temporal-test-server/,
    oldest: 0,
    remedy: 'Set TEMPORAL_TEST_SERVER to a temporal-test-server (https://github.com/temporalio/sdk-java/releases)',
  },
};
