import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, text, type Received } from './response.js';
import { respondControl } from './control.js';
import type { Credentials } from './credentials.js';
import type { Fault } from './faults/fault.js';
import { FaultPlan, type Effects } from './faults/plan.js';
import { send } from './faults/wire.js';
import { Inventory } from './inventory.js';
import { withDefaults, type SimulatorOptions } from './options.js';
import { respondCmdb, CMDB } from './protocols/cmdb.js';
import { Traffic } from './traffic.js';
import { carriesSecrets, ROUTES, Vendors } from './vendors.js';

export interface Simulator {
  url: string;
  /** Base URL of CrowdStrike's other region. */
  regionUrl: string;
  credentials: Credentials;
  inventory: Inventory;
  setFaults: (faults: Fault[]) => void;
  stop: () => Promise<void>;
}

const NO_EFFECTS: Effects = new Map();
const LARGEST_REQUEST = 1024 * 1024;

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST_REQUEST) chunks.push(chunk);
  }
  const url = new URL(request.url ?? '/', 'http://simulator');
  return { method: request.method ?? 'GET', url, headers: request.headers, body: Buffer.concat(chunks).toString() };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** Starts the simulator in this process, on the loopback interface. Rejects when a port is in use or records are missing. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = withDefaults(options);
  const inventory = new Inventory(settings);
  const plan = new FaultPlan();
  const traffic = new Traffic();
  let regionUrl = '';
  const vendors = new Vendors(settings, inventory, () => regionUrl);
  const setFaults = (faults: Fault[]): void => {
    plan.set(faults);
    if (faults.some(({ kind, at }) => kind === 'expire-tokens' && at === undefined)) vendors.tokens.expireAll();
    vendors.tokens.lifetime = faults.find(({ kind }) => kind === 'token-lifetime')?.seconds ?? settings.tokenLifetime;
  };
  setFaults(settings.faults);

  async function handle(request: IncomingMessage, outgoing: ServerResponse, inRegion: boolean): Promise<void> {
    const received = await receive(request);
    const { pathname } = received.url;
    if (pathname.startsWith('/_control/')) {
      await send(outgoing, respondControl(received, { inventory, plan, traffic, setFaults }), NO_EFFECTS);
      return;
    }
    if (pathname === '/_elsewhere') {
      traffic.stray(carriesSecrets(received));
      await send(outgoing, json(200, []), NO_EFFECTS);
      return;
    }
    if (pathname.startsWith(`${CMDB}/`)) {
      const response = respondCmdb(received, inventory.fleet, settings.credentials.demoToken);
      await send(outgoing, response, NO_EFFECTS);
      return;
    }
    const protocol = ROUTES[`${received.method} ${pathname}`];
    if (!protocol) {
      await send(outgoing, text(404, 'Not Found'), NO_EFFECTS);
      return;
    }
    const running = traffic.begin(protocol, pathname);
    outgoing.once('close', () => traffic.end(protocol));
    const effects = plan.next(protocol);
    const response = await vendors.respond(protocol, received, effects, running, inRegion);
    if (response) traffic.responded(response.status, await send(outgoing, response, effects));
  }

  const open = (inRegion: boolean): Server => {
    const server = createServer((request, outgoing) => {
      // Ignore clients that disconnect during a request or response.
      handle(request, outgoing, inRegion).catch(() => outgoing.destroy());
    });
    server.keepAliveTimeout = 60_000;
    return server;
  };
  const servers = [open(false), open(true)] as const;
  const url = await listen(servers[0], settings.port);
  regionUrl = await listen(servers[1], settings.regionPort);

  return {
    url,
    regionUrl,
    credentials: settings.credentials,
    inventory,
    setFaults,
    stop: async () => {
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}
