import { json, text, type SimulatedResponse, type Received } from './response.js';
import { parseFaults, type Fault } from './faults/fault.js';
import type { FaultPlan } from './faults/plan.js';
import type { Vendor } from './listing.js';
import type { Inventory } from './inventory.js';
import type { Traffic } from './traffic.js';

/** The response of `GET /_control/state`. */
export interface SimulatorState {
  /** Number of machines; unknown for recorded records. */
  hosts?: number;
  seed?: number;
  touches?: number;
  records: Record<Vendor, number>;
  /** Requests to listings, including failed ones. */
  requests: number;
  bytes: number;
  paths: Record<string, number>;
  statuses: Record<string, number>;
  mostRunning: Record<string, number>;
  strays: { requests: number; withSecrets: number };
}

/** The body of `POST /_control/fleet`. The simulator makes the changes in this order. */
export interface FleetChange {
  /** Moves the volatile times of all records by an hour. */
  touch?: boolean;
  /** Changes a real field of about this fraction of the machines. */
  change?: number;
  /** Removes this many of the last machines. */
  remove?: number;
  /** Adds this many machines. */
  add?: number;
}

export interface FleetChanged {
  hosts: number;
  records: Record<Vendor, number>;
  /** Number of records that `change` has changed, per vendor. */
  changed: Record<Vendor, number>;
}

interface Parts {
  inventory: Inventory;
  plan: FaultPlan;
  traffic: Traffic;
  setFaults: (faults: Fault[]) => void;
}

function recordsOf(inventory: Inventory): Record<Vendor, number> {
  return { qualys: inventory.count('qualys'), crowdstrike: inventory.count('crowdstrike') };
}

function state({ inventory, traffic }: Parts): SimulatorState {
  const { fleet } = inventory;
  return {
    ...(fleet ? { hosts: fleet.hosts, seed: fleet.seed, touches: fleet.checkIns } : {}),
    records: recordsOf(inventory),
    ...traffic.report(),
  };
}

function changeFleet({ inventory }: Parts, { touch, change, remove, add }: FleetChange): FleetChanged {
  const { fleet } = inventory;
  if (!fleet) throw new Error('Recorded records do not change');
  if (touch) fleet.touch();
  const changed = change === undefined ? { qualys: 0, crowdstrike: 0 } : fleet.change(change);
  if (remove) fleet.resize(-remove);
  if (add) fleet.resize(add);
  return { hosts: fleet.hosts, records: recordsOf(inventory), changed };
}

function truth({ inventory: { fleet } }: Parts): SimulatedResponse {
  if (!fleet) return text(404, 'The truth about recorded records is not known');
  return {
    status: 200,
    headers: { 'content-type': 'application/x-ndjson' },
    *body(sink) {
      for (const line of fleet.truth()) {
        sink.text(`${line}\n`);
        yield;
      }
    },
  };
}

/** The control plane, for tests and the demo: `/_control/state`, `/truth`, `/fleet` and `/faults`. */
export function respondControl({ method, url, body }: Received, parts: Parts): SimulatedResponse {
  try {
    switch (`${method} ${url.pathname.slice('/_control'.length)}`) {
      case 'GET /state':
        return json(200, state(parts));
      case 'DELETE /state':
        parts.traffic.reset();
        return json(200, {});
      case 'GET /truth':
        return truth(parts);
      case 'POST /fleet':
        return json(200, changeFleet(parts, JSON.parse(body) as FleetChange));
      case 'GET /faults':
        return json(200, parts.plan.list());
      case 'POST /faults':
        parts.setFaults(parseFaults(JSON.parse(body)));
        return json(200, parts.plan.list());
      case 'DELETE /faults':
        parts.setFaults([]);
        return json(200, []);
      default:
        return text(404, 'No such control');
    }
  } catch (error) {
    return json(400, { error: (error as Error).message });
  }
}
