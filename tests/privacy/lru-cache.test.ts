import { LruCache } from '../../src/privacy/lru-cache.js';

test('the cache computes recent values once, and has a limited size', () => {
  const recent = new LruCache(100);
  const compute = jest.fn(() => 'made');
  for (let n = 0; n < 1_000; n += 1) recent.get(String(n), compute);
  for (let n = 901; n < 1_000; n += 1) recent.get(String(n), compute);
  expect(compute).toHaveBeenCalledTimes(1_000);
  for (let n = 0; n < 100; n += 1) recent.get(String(n), compute);
  expect(compute).toHaveBeenCalledTimes(1_100);
});
