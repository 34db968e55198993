/** Files share one Temporal server and one mongod (started once); each test uses its own task queue and database. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  globalSetup: '<rootDir>/tests/support/start-servers.ts',
  globalTeardown: '<rootDir>/tests/support/stop-servers.ts',
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
  // ky is ESM only; mongodb awaits import('os'), which Jest's CommonJS sandbox refuses.
  // TypeScript sources import each other with the .js extension that Node wants.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: ['/node_modules/(?!(ky|mongodb|@noble)/)'],
  testTimeout: 30_000,
  // One more than cores: many tests wait for what was killed, or for a vendor that was told to be slow.
  maxWorkers: 3,
};
