import type { RunSummary } from '../../src/workflows/collect-inventory.js';
import type { Store } from '../../src/store/database.js';
import type { ChaosStack } from './stack.js';

/** Conditions that show in the store how far a run is. */
export const fetched = (pages: number) => async (store: Store) => (await store.pages.countDocuments()) >= pages;
export const normalized =
  (records = 1) =>
  async (store: Store) =>
    (await store.records.countDocuments()) >= records;
export const merging = async (store: Store) =>
  (await store.leases.countDocuments({ _id: 'merge:hosts:0', holder: { $ne: '' } })) > 0;
export const merged = async (store: Store) => (await store.hosts.countDocuments()) > 0;

/**
 * Expects every served record exactly once, in one host, and an inventory that equals the fleet. Hardly a page was
 * fetched twice, although the test killed processes `kills` times.
 */
export async function expectWhole(stack: ChaosStack, summary: RunSummary, kills: number): Promise<void> {
  const { hosts, records, requests } = await stack.simulator.state();
  const outcomes = Object.values(summary.sources).map(({ status, reason }) => ({ status, reason }));
  expect(outcomes).toEqual([{ status: 'complete' }, { status: 'complete' }]);
  expect(summary.status).toBe('completed');
  const verification = await stack.verify();
  expect(verification.findings).toEqual([]);
  expect(verification.hosts).toBe(hosts);
  expect(summary.hosts).toBe(hosts);
  const read = Object.values(summary.sources).reduce((sum, account) => sum + account.new, 0);
  expect(read).toBe(records.qualys + records.crowdstrike);
  expect(await stack.store.records.countDocuments()).toBe(read);
  // The worker requested each stored page once. After a kill it requests unfinished pages again: for each source two
  // pages that are being fetched, one that waits and one that is being stored. At the end of each source it requests
  // one page too many.
  const pages = await stack.store.pages.countDocuments({ source: { $in: Object.keys(summary.sources) } });
  expect(requests - pages).toBeLessThanOrEqual(2 * 4 * kills + 2);
}
