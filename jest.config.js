/** Files share one Temporal server and one mongod (started once); each test uses its own task queue and database. */
module.exports = {
  roots: ['<rootDir>/tests'],
  testEnvironment: '<rootDir>/scripts/jest/environment.cjs',
  runtime: '<rootDir>/scripts/jest/runtime.cjs',
  testSequencer: '<rootDir>/scripts/jest/sequencer.cjs',
  globalSetup: '<rootDir>/tests/support/start-servers.ts',
  globalTeardown: '<rootDir>/tests/support/stop-servers.ts',
  setupFiles: ['<rootDir>/scripts/jest/seed.cjs'],
  transform: {
    '^.+\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // TypeScript sources import each other with the .js extension that Node wants.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: ['/node_modules/'],
  // Never the reason why a test fails on a machine that is busy with something else: what hangs, hangs for good.
  testTimeout: 600_000,
  // Two more than cores: many tests wait for what was killed, or for a vendor that was told to be slow.
  maxWorkers: 4,
};
