import type { SimulatorState } from '../../../simulator/control.js';
import { environmentOf } from '../../../simulator/environment.js';
import type { SimulatorOptions } from '../../../simulator/options.js';
import { startSimulator, type Simulator } from '../../../simulator/server.js';
import { resolveSettings } from '../../../src/model/settings.js';
import type { Input } from '../../../src/model/source.js';
import type { Subject } from './subjects.js';

/** A simulator and one source that uses it. */
export interface Simulated {
  simulator: Simulator;
  /** Opens a new input, as another worker does. */
  input: (more?: Record<string, string>) => Input;
  /** Native ids of the fleet's machines in the vendor's listing, in no order. */
  truth: () => string[];
  state: () => Promise<SimulatorState>;
}

/** Records a page unless a test sets another size. */
export const PAGE_SIZE = 3;

const running: Simulator[] = [];

/** Starts a simulator with 20 hosts for one test, which are five or six pages. `closeSimulators` ends it. */
export async function simulate(subject: Subject, options: SimulatorOptions = {}): Promise<Simulated> {
  const simulator = await startSimulator({ hosts: 20, seed: 11, ...options });
  running.push(simulator);
  const { source, vendor } = subject;
  const environment = {
    ...environmentOf({ ...simulator, demoPage: PAGE_SIZE }),
    [subject.pageSize]: String(PAGE_SIZE),
    ...subject.environment,
  };
  return {
    simulator,
    input: (more = {}) => source.input(resolveSettings(source.name, source.settings, { ...environment, ...more })),
    truth: () =>
      [...simulator.inventory.fleet!.truth()].flatMap(
        (line) => (JSON.parse(line) as Partial<Record<string, string>>)[vendor] ?? [],
      ),
    state: async () => (await (await fetch(`${simulator.url}/_control/state`)).json()) as SimulatorState,
  };
}

/** For `afterEach`: ends the simulators of the test, and the responses that a fault left open. */
export async function closeSimulators(): Promise<void> {
  await Promise.all(running.splice(0).map(async (simulator) => simulator.stop()));
}
