import type { Fault } from '../../../simulator/faults/fault.js';
import type { Failure } from '../../../src/model/failure.js';
import { expectSilent, list } from './listed.js';
import { simulate, type Simulated } from './simulated.js';
import type { Subject } from './subjects.js';

/** What no failure may show, unless it is wrong itself. */
function secretsOf({ simulator }: Simulated): string[] {
  const { demoToken, qualysPassword, clientSecret, qualysUser } = simulator.credentials;
  return [demoToken, qualysPassword, clientSecret, `${qualysUser}:${qualysPassword}`];
}

/**
 * A listing that a fault strikes from its `from`th request on until somebody puts it right. The failure must be none of an
 * end, must show no secret, and what was read before it and after it must be every record exactly once.
 */
export async function interrupt(
  subject: Subject,
  fault: Fault,
  { from = 4, environment = {} }: { from?: number; environment?: Record<string, string> } = {},
): Promise<{ failure: Failure; simulated: Simulated; seconds: number }> {
  const simulated = await simulate(subject);
  const { simulator, input, truth } = simulated;
  simulator.setFaults([{ at: from, times: 1_000_000, ...fault }]);
  const started = performance.now();
  const before = await list(subject.source, input(environment));
  const seconds = (performance.now() - started) / 1000;
  const { failure } = before;
  if (!failure) throw new Error(`${subject.title}: the walk did not fail`);
  expectSilent(failure, secretsOf(simulated));
  expect(failure.details).toMatchObject({ source: subject.source.name, remedy: expect.any(String) });
  expect(before.pages.length).toBeLessThan(from);
  expect(before.pages.map(({ next }) => next)).not.toContain(null);

  simulator.setFaults([]);
  const after = await list(subject.source, input(environment), { from: before.pages.at(-1)?.next ?? null });
  expect(after.failure).toBeUndefined();
  expect([...before.ids, ...after.ids].toSorted()).toEqual((await truth()).toSorted());
  return { failure, simulated, seconds };
}
