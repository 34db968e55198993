import { setTimeout as sleep } from 'node:timers/promises';
import { header, text, type Answer, type Received } from './answer.js';
import { padded, replacedBody } from './faults/bodies.js';
import type { Protocol } from './faults/fault.js';
import { Limits } from './faults/limits.js';
import type { Effects } from './faults/plan.js';
import { limitRefusal, statusRefusal } from './faults/refusals.js';
import type { Inventory } from './inventory.js';
import type { Listing } from './listing.js';
import type { Settings } from './options.js';
import { answerDemo } from './protocols/demo.js';
import { answerFalcon } from './protocols/falcon.js';
import { answerQps, wantsJson } from './protocols/qps.js';
import { answerToken, Tokens } from './protocols/tokens.js';
import { empty, endless } from './view.js';

export const ROUTES: Record<string, Protocol> = {
  'POST /api/qualys/hosts/get': 'qualys-demo',
  'POST /api/crowdstrike/hosts/get': 'crowdstrike-demo',
  'POST /qps/rest/2.0/search/am/hostasset': 'qualys',
  'GET /devices/combined/devices/v1': 'crowdstrike',
  'POST /oauth2/token': 'crowdstrike-token',
};

/** The simulated APIs, and the responses of faults that replace theirs. */
export class Vendors {
  readonly tokens: Tokens;
  private readonly limits = new Limits();
  private previous = new Map<Protocol, Answer>();

  constructor(
    private readonly settings: Settings,
    private readonly inventory: Inventory,
    /** Base URL of the second region, known once it listens. */
    private readonly regionUrl: () => string,
  ) {
    this.tokens = new Tokens(settings.tokenLifetime);
  }

  /** `undefined`: never answer. */
  async answer(
    protocol: Protocol,
    received: Received,
    effects: Effects,
    running: number,
    inRegion: boolean,
  ): Promise<Answer | undefined> {
    const wait = this.settings.latency + (effects.get('latency')?.ms ?? 0);
    if (wait > 0) await sleep(wait);
    if (effects.has('hang')) return undefined;
    const answer =
      this.instead(protocol, received, effects, running, inRegion) ?? this.real(protocol, received, effects);
    const oversize = effects.get('oversize');
    if (oversize) return padded(answer, oversize.bytes ?? 200 * 1024 * 1024);
    if (effects.has('bad-gzip')) return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } };
    return answer;
  }

  /** The response that replaces the real one, if any. */
  private instead(
    protocol: Protocol,
    received: Received,
    effects: Effects,
    running: number,
    inRegion: boolean,
  ): Answer | undefined {
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
    if (exceeded) return limitRefusal(protocol, exceeded, json);
    const status = effects.get('status');
    if (status) return statusRefusal(protocol, status, json);
    if (effects.has('outage')) return text(500, 'Error upstream database unavailable');
    if (effects.get('expire-tokens')?.at !== undefined && protocol === 'crowdstrike') this.tokens.expireAll();
    return replacedBody(protocol, effects) ?? (effects.has('duplicate-page') ? this.previous.get(protocol) : undefined);
  }

  private real(protocol: Protocol, received: Received, effects: Effects): Answer {
    const { credentials, maxPage } = this.settings;
    let answer: Answer;
    switch (protocol) {
      case 'qualys-demo':
      case 'crowdstrike-demo':
        answer = answerDemo(received, this.listing(protocol, effects), effects, {
          token: credentials.demoToken,
          maxPage,
        });
        break;
      case 'qualys':
        answer = answerQps(received, this.listing(protocol, effects), effects, {
          user: credentials.qualysUser,
          password: credentials.qualysPassword,
          maxPage: 1000,
        });
        break;
      case 'crowdstrike':
        answer = answerFalcon(received, this.listing(protocol, effects), effects, {
          tokens: this.tokens,
          maxPage: 10_000,
        });
        break;
      default:
        return answerToken(received, this.tokens, { id: credentials.clientId, secret: credentials.clientSecret });
    }
    this.previous.set(protocol, answer);
    return answer;
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

/** Whether a request carries credentials that only the vendor must see. */
export function carriesSecrets(received: Received): boolean {
  return (
    header(received, 'authorization') !== '' ||
    header(received, 'token') !== '' ||
    received.body.includes('client_secret')
  );
}
