/** `npm run test:soak`: hundreds of kills, thousands of histories, losses of whole databases. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: [
    '**/*.soak.ts',
    '**/*.properties.test.ts',
    '**/connectors/jsonl/{jsonl,rotation}.test.ts',
    '**/connectors/http/outline.test.ts',
    '**/host/golden/survive.test.ts',
    '**/report/browser.test.ts',
    '**/servers/{servers,sqs,temporal}.test.ts',
    '**/sources/contract/bodies.test.ts',
    '**/sources/robustness.test.ts',
    '**/ui/{addresses,browser}.test.ts',
    '**/temporal/schedules/schedules.test.ts',
    '**/workflows/{logins-postgres,signals}.test.ts',
    '**/normalize/rows.test.ts',
    '**/events/sort.test.ts',
  ],
  testTimeout: 1_800_000,
  // Each has servers and workers of its own.
  maxWorkers: 2,
};
