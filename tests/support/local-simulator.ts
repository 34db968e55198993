import type { FleetChange, FleetChanged, SimulatorState } from '../../simulator/control.js';
import { environmentOf } from '../../simulator/environment.js';
import type { Fault } from '../../simulator/faults/fault.js';
import { withDefaults, type SimulatorOptions } from '../../simulator/options.js';
import { startSimulator } from '../../simulator/server.js';

export interface LocalSimulator {
  url: string;
  /** Variables that direct the sources to this simulator. */
  environment: Record<string, string>;
  state(): Promise<SimulatorState>;
  changeFleet(change: FleetChange): Promise<FleetChanged>;
  /** Replaces the faults. Without arguments, it removes all faults. */
  setFaults(...faults: Fault[]): Promise<void>;
  /** Native ids of each machine. */
  truth(): Promise<{ machine: number; qualys?: string; crowdstrike?: string }[]>;
  stop(): Promise<void>;
}

/** The simulator in this process, used over HTTP like a spawned one: a separate process costs a second of CPU. */
export async function localSimulator(options: SimulatorOptions): Promise<LocalSimulator> {
  const simulator = await startSimulator(options);
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${simulator.url}/_control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`Simulator rejected ${method} ${path}: ${await response.text()}`);
    return response;
  };
  const control = async (...args: Parameters<typeof call>): Promise<unknown> => (await call(...args)).json();
  return {
    url: simulator.url,
    environment: environmentOf({ ...simulator, demoPage: withDefaults(options).maxPage }),
    state: () => control('GET', 'state') as Promise<SimulatorState>,
    changeFleet: (change) => control('POST', 'fleet', change) as Promise<FleetChanged>,
    setFaults: async (...faults) => void (await control('POST', 'faults', faults)),
    truth: async () => {
      const lines = (await (await call('GET', 'truth')).text()).trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as { machine: number });
    },
    stop: simulator.stop,
  };
}
