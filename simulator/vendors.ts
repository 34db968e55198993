import { setTimeout as sleep } from 'node:timers/promises';
import { header, text, type SimulatedResponse, type Received } from './response.js';
import { padded, replacedBody } from './faults/bodies.js';
import type { Protocol } from './faults/fault.js';
import { Limits } from './faults/limits.js';
import type { Effects } from './faults/plan.js';
import { limitResponse, statusResponse } from './faults/error-responses.js';
import type { Inventory } from './inventory.js';
import type { Listing } from './listing.js';
import type { Settings } from './options.js';
import { respondDemo } from './protocols/demo.js';
import { respondFalcon } from './protocols/falcon.js';
import { respondQps, wantsJson } from './protocols/qps.js';
import { respondToken, Tokens } from './protocols/tokens.js';
import { empty, endless } from './view.js';

export const ROUTES: Record<string, Protocol> = {
  'POST /api/qualys/hosts/get': 'qualys-demo',
  'POST /api/crowdstrike/hosts/get': 'crowdstrike-demo',
  'POST /qps/rest/2.0/search/am/hostasset': 'qualys',
  'GET /devices/combined/devices/v1': 'crowdstrike',
  'POST /oauth2/token': 'crowdstrike-token',
};

/** The simulated vendors' APIs. Some faults replace the responses of these APIs. */
export class Vendors {
  readonly tokens: Tokens;
  private readonly limits = new Limits();
  private previous = new Map<Protocol, SimulatedResponse>();

  constructor(
    private readonly settings: Settings,
    private readonly inventory: Inventory,
    /** Base URL of the second region, known once its server listens. */
    private readonly regionUrl: () => string,
  ) {
    this.tokens = new Tokens(settings.tokenLifetime);
  }

  /** Returns `undefined` if the simulator must never respond. */
  async respond(
    protocol: Protocol,
    received: Received,
    effects: Effects,
    running: number,
    inRegion: boolean,
  ): Promise<SimulatedResponse | undefined> {
    const wait = this.settings.latency + (effects.get('latency')?.ms ?? 0);
    if (wait > 0) await sleep(wait);
    if (effects.has('hang')) return undefined;
    const response =
      this.instead(protocol, received, effects, running, inRegion) ?? this.real(protocol, received, effects);
    const oversize = effects.get('oversize');
    if (oversize) return padded(response, oversize.bytes ?? 200 * 1024 * 1024);
    if (effects.has('bad-gzip')) return { ...response, headers: { ...response.headers, 'content-encoding': 'gzip' } };
    return response;
  }

  /** The response that replaces the real one, if any. */
  private instead(
    protocol: Protocol,
    received: Received,
    effects: Effects,
    running: number,
    inRegion: boolean,
  ): SimulatedResponse | undefined {
    const { url } = received;
    if (effects.has('region') && !inRegion && !protocol.endsWith('-demo') && protocol !== 'qualys') {
      const headers = {
        location: `${this.regionUrl()}${url.pathname}${url.search}`,
        'x-cs-region': 'us-2',
        'x-ratelimit-limit': '15',
      };
      return text(308, '', headers);
    }
    const redirect = effects.get('redirect');
    if (redirect) return text(307, '', { location: redirect.to ?? `${this.regionUrl()}/_elsewhere` });
    const json = protocol !== 'qualys' || wantsJson(received);
    const exceeded = this.limits.exceeded(protocol, effects, running);
    if (exceeded) return limitResponse(protocol, exceeded, json);
    const status = effects.get('status');
    if (status) return statusResponse(protocol, status, json);
    if (effects.has('outage')) return text(500, 'Error upstream database unavailable');
    if (effects.get('expire-tokens')?.at !== undefined && protocol === 'crowdstrike') this.tokens.expireAll();
    return replacedBody(protocol, effects) ?? (effects.has('duplicate-page') ? this.previous.get(protocol) : undefined);
  }

  private real(protocol: Protocol, received: Received, effects: Effects): SimulatedResponse {
    const { credentials, maxPage } = this.settings;
    let response: SimulatedResponse;
    switch (protocol) {
      case 'qualys-demo':
      case 'crowdstrike-demo':
        response = respondDemo(received, this.listing(protocol, effects), effects, {
          token: credentials.demoToken,
          maxPage,
        });
        break;
      case 'qualys':
        response = respondQps(received, this.listing(protocol, effects), effects, {
          user: credentials.qualysUser,
          password: credentials.qualysPassword,
          maxPage: 1000,
        });
        break;
      case 'crowdstrike':
        response = respondFalcon(received, this.listing(protocol, effects), effects, {
          tokens: this.tokens,
          maxPage: 10_000,
        });
        break;
      default:
        return respondToken(received, this.tokens, { id: credentials.clientId, secret: credentials.clientSecret });
    }
    this.previous.set(protocol, response);
    return response;
  }

  private listing(protocol: Protocol, effects: Effects): Listing {
    const listing = this.inventory.listing(
      protocol.startsWith('qualys') ? 'qualys' : 'crowdstrike',
      !protocol.endsWith('-demo'),
    );
    if (effects.has('no-hosts')) return empty(listing);
    return effects.has('endless') ? endless(listing) : listing;
  }
}

/** Whether a request contains credentials that only the vendor may receive. */
export function carriesSecrets(received: Received): boolean {
  return (
    header(received, 'authorization') !== '' ||
    header(received, 'token') !== '' ||
    received.body.includes('client_secret')
  );
}
