import type { Fault } from '../../../simulator/faults/fault.js';
import type { Failure } from '../../../src/model/failure.js';
import type { Cursor } from '../../../src/model/source.js';
import { expectSilent, list } from './listed.js';
import { simulate, type Simulated } from './simulated.js';
import type { Subject } from './subjects.js';

/** What no failure may show, unless it is wrong itself. */
function secretsOf({ simulator }: Simulated): string[] {
  const { demoToken, qualysPassword, clientSecret, qualysUser } = simulator.credentials;
  return [demoToken, qualysPassword, clientSecret, `${qualysUser}:${qualysPassword}`];
}

interface How {
  /** The request that each fault strikes first, counted from where the listing was taken up. */
  from?: number;
  environment?: Record<string, string>;
  /** Machines of the fleet: each fault but the first needs a page more. */
  hosts?: number;
}

/** How a fault ended a listing, and after how many seconds. */
export interface Interrupted {
  failure: Failure;
  seconds: number;
}

/**
 * One listing that one fault after the other strikes, each from its `from`th request on until somebody puts it right; then it is
 * taken up where it stopped. No failure may be that of an end or show a secret, and what was read before and after them must be
 * every record exactly once.
 */
export async function interruptions(
  subject: Subject,
  faults: Fault[],
  { from = 2, environment = {}, hosts = 20 }: How = {},
): Promise<Interrupted[]> {
  const simulated = await simulate(subject, { hosts });
  const { simulator, input, truth } = simulated;
  const told: Interrupted[] = [];
  const ids: string[] = [];
  let next: Cursor | null = null;
  for (const fault of faults) {
    simulator.setFaults([{ at: from, times: 1_000_000, ...fault }]);
    const started = performance.now();
    const before = await list(subject.source, input(environment), { from: next });
    const seconds = (performance.now() - started) / 1000;
    const { failure } = before;
    if (!failure) throw new Error(`${subject.title}: the walk did not fail of ${JSON.stringify(fault)}`);
    expectSilent(failure, secretsOf(simulated));
    expect(failure.details).toMatchObject({ source: subject.source.name, remedy: expect.any(String) });
    expect(before.pages.length).toBeLessThan(from);
    expect(before.pages.map((page) => page.next)).not.toContain(null);
    ids.push(...before.ids);
    next = before.pages.at(-1)?.next ?? next;
    told.push({ failure, seconds });
  }
  simulator.setFaults([]);
  const after = await list(subject.source, input(environment), { from: next });
  expect(after.failure).toBeUndefined();
  expect([...ids, ...after.ids].toSorted()).toEqual(truth().toSorted());
  return told;
}

/** A listing that one fault strikes. */
export async function interrupt(subject: Subject, fault: Fault, how: How = {}): Promise<Interrupted> {
  const [told] = await interruptions(subject, [fault], { from: 4, ...how });
  return told!;
}
