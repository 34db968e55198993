/** `npm run test:soak`: hundreds of kills, thousands of histories, losses of whole databases. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: [
    '**/*.soak.ts',
    '**/*.properties.test.ts',
    '**/connectors/jsonl{,-rotation}.test.ts',
    '**/connectors/http/outline.test.ts',
    '**/host/survive.test.ts',
    '**/report/browser.test.ts',
    '**/sources/contract/bodies.test.ts',
    '**/sources/shapes/robustness.test.ts',
    '**/ui/{addresses,browser}.test.ts',
    '**/schedules.test.ts',
    '**/workflows/signals.test.ts',
    '**/normalizer/{rows,sort}.test.ts',
  ],
  testTimeout: 1_800_000,
  // Each has servers and workers of its own.
  maxWorkers: 2,
};
