export type BinaryKind = 'temporal' | 'mongod' | 'temporal-test-server';

/** Describes a server's program: how users name it and how Rollcall recognises it. */
export interface Binary {
  kind: BinaryKind;
  /** Name in messages. */
  title: string;
  /** Environment variable with the path of the program to use. */
  variable: string;
  command: string;
  /** Matches the output of `--version`. The first group, if any, is the version. */
  versionOutput: RegExp;
  /** Oldest major version that Rollcall is tested with. */
  oldest: number;
  /** What the user can do when no program is available. */
  remedy: string;
}

export const BINARIES: Record<BinaryKind, Binary> = {
  temporal: {
    kind: 'temporal',
    title: 'Temporal',
    variable: 'TEMPORAL_CLI',
    command: 'temporal',
    versionOutput: /temporal version v?(\d[\w.]*)/i,
    oldest: 1,
    remedy:
      'Set TEMPORAL_ADDRESS to a Temporal server, or TEMPORAL_CLI to the temporal command (https://docs.temporal.io/cli)',
  },
  mongod: {
    kind: 'mongod',
    title: 'MongoDB',
    variable: 'MONGOD',
    command: 'mongod',
    versionOutput: /db version v?(\d[\w.]*)/i,
    oldest: 6,
    remedy:
      'Set MONGODB_URI to a replica set, or MONGOD to the mongod of MongoDB 6.0 or later (https://www.mongodb.com/try/download/community)',
  },
  'temporal-test-server': {
    kind: 'temporal-test-server',
    title: 'Temporal test server',
    variable: 'TEMPORAL_TEST_SERVER',
    command: 'temporal-test-server',
    // The test server has no options: it parses `--version` as a port, and its error message contains its name.
    versionOutput: /io\.temporal\.testserver|temporal-test-server/,
    oldest: 0,
    remedy: 'Set TEMPORAL_TEST_SERVER to a temporal-test-server (https://github.com/temporalio/sdk-java/releases)',
  },
};
