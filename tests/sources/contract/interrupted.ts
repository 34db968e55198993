import type { Fault } from '../../../simulator/faults/fault.js';
import type { Failure } from '../../../src/model/failure.js';
import type { Cursor } from '../../../src/model/source.js';
import { expectSilent, list } from './listed.js';
import { simulate, type Simulated } from './simulated.js';
import type { Subject } from './subjects.js';

/** The simulator's secrets, which no failure may show. */
function secretsOf({ simulator }: Simulated): string[] {
  const { demoToken, qualysPassword, clientSecret, qualysUser } = simulator.credentials;
  return [demoToken, qualysPassword, clientSecret, `${qualysUser}:${qualysPassword}`];
}

interface How {
  /** The first request that each fault affects, counted from where the listing resumes. */
  from?: number;
  environment?: Record<string, string>;
  /** Machines in the fleet. Each fault after the first needs one more page. */
  hosts?: number;
}

/** How a fault ended a listing, and after how many seconds. */
export interface Interrupted {
  failure: Failure;
  seconds: number;
}

/**
 * Runs one listing through one fault after the other. Each fault affects all requests from the `from`th on until this
 * function replaces it; then the listing resumes where it stopped. No failure may look like the end of the listing or
 * show a secret. All pages together must contain every record exactly once.
 */
export async function interruptions(
  subject: Subject,
  faults: Fault[],
  { from = 2, environment = {}, hosts = 20 }: How = {},
): Promise<Interrupted[]> {
  const simulated = await simulate(subject, { hosts });
  const { simulator, input, truth } = simulated;
  const outcomes: Interrupted[] = [];
  const ids: string[] = [];
  let next: Cursor | null = null;
  for (const fault of faults) {
    simulator.setFaults([{ at: from, times: 1_000_000, ...fault }]);
    const started = performance.now();
    const before = await list(subject.source, input(environment), { from: next });
    const seconds = (performance.now() - started) / 1000;
    const { failure } = before;
    if (!failure) throw new Error(`${subject.title}: the listing did not fail with ${JSON.stringify(fault)}`);
    expectSilent(failure, secretsOf(simulated));
    expect(failure.details).toMatchObject({ source: subject.source.name, remedy: expect.any(String) });
    expect(before.pages.length).toBeLessThan(from);
    expect(before.pages.map((page) => page.next)).not.toContain(null);
    ids.push(...before.ids);
    next = before.pages.at(-1)?.next ?? next;
    outcomes.push({ failure, seconds });
  }
  simulator.setFaults([]);
  const after = await list(subject.source, input(environment), { from: next });
  expect(after.failure).toBeUndefined();
  expect([...ids, ...after.ids].toSorted()).toEqual(truth().toSorted());
  return outcomes;
}

/** Runs a listing that one fault interrupts. */
export async function interrupt(subject: Subject, fault: Fault, how: How = {}): Promise<Interrupted> {
  const [outcome] = await interruptions(subject, [fault], { from: 4, ...how });
  return outcome!;
}
