import { header, json, type SimulatedResponse, type Received } from '../response.js';
import type { Fleet } from '../fleet.js';
import { habitatOf, type Machine } from '../machines/machine.js';
import { hash } from '../random.js';
import { spell } from '../render/mac.js';
import { fleetNow, isoSeconds } from '../times.js';

/**
 * An asset register of the office, for which Rollcall has no source: the reader of docs/tour.md adds one. Faults do not apply to
 * it. It is empty when the simulator serves recorded records.
 */
export const CMDB = '/cmdb';

const DAY = 86_400_000;
const LARGEST_PAGE = 1000;
/** The purpose of the random number of an asset; see `PURPOSE`. */
const ASSET = 40;

/** `GET /cmdb/items?skip=&limit=` with a bearer token: `{ "items": […], "total": 612 }`. */
export function respondCmdb(received: Received, fleet: Fleet | undefined, token: string): SimulatedResponse {
  if (received.method !== 'GET' || received.url.pathname !== `${CMDB}/items`) return json(404, { error: 'Not found' });
  if (header(received, 'authorization') !== `Bearer ${token}`) return json(401, { error: 'The token is not valid' });
  const parameter = (name: string, fallback: string) => {
    const text = received.url.searchParams.get(name) ?? fallback;
    return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  };
  const [skip, limit] = [parameter('skip', '0'), parameter('limit', '100')];
  if (Number.isNaN(skip) || !(limit >= 1 && limit <= LARGEST_PAGE))
    return json(400, { error: `skip is a whole number, and limit one from 1 to ${LARGEST_PAGE}` });
  const machines = fleet ? officeOf(fleet) : [];
  const items = machines.slice(skip, skip + limit).map((index) => asset(fleet!.seed, fleet!.machine(index)));
  return json(200, { items, total: machines.length });
}

function officeOf({ seed, hosts }: Fleet): number[] {
  return Array.from({ length: hosts }, (_, index) => index).filter((index) => habitatOf(seed, index) === 'office');
}

function asset(seed: number, machine: Machine): Record<string, unknown> {
  const { index, nics, os } = machine;
  const random = hash(seed, index, ASSET);
  const tag = String(index).padStart(6, '0');
  const entered = fleetNow() - (60 + (random % 180)) * DAY;
  return {
    // Assets imported from an old spreadsheet have the number of their sticker and no number of the register.
    ...(random % 40 === 0 ? { asset_tag: `OLD-${tag}` } : { id: `A-${tag}` }),
    hostname: machine.name + machine.suffix,
    os: os.crowdstrike,
    serial: machine.serial,
    mac: spell(nics[0]?.mac ?? '', ':'),
    ip: nics[0]?.addresses[0],
    created: isoSeconds(entered),
    last_seen: isoSeconds(fleetNow() - ((random >>> 8) % 60) * DAY - ((random >>> 16) % 86_400) * 1000),
  };
}
