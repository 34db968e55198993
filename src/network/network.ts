import type { Dispatcher, RequestInit } from 'undici';
import { HostList } from './host-list.js';
import { checkedLookup, checkLiteral, type Resolve } from './lookup.js';
import { proxyCredentials, proxyFor } from './proxy.js';

export interface NetworkSettings {
  /** Names, addresses and networks inside the organisation that sources may be asked at. */
  onPremises: readonly string[];
  /** Where the proxies are named. */
  environment: Record<string, string | undefined>;
  /** Instead of the system's own, for tests. */
  resolve?: Resolve;
}

type Undici = typeof import('undici');

/**
 * How requests leave this process: through the proxy that the environment names, and those to vendors to checked addresses
 * only. Connections are kept and used again, each kind in a pool of its own.
 */
export class Network {
  readonly #onPremises: HostList;
  readonly #agents = new Map<string, Dispatcher>();
  #undici: Promise<Undici> | undefined;

  constructor(private readonly settings: NetworkSettings) {
    this.#onPremises = HostList.of(settings.onPremises);
  }

  /**
   * `fetch` for a source. Rejects with `AddressRefused`, alone or as a cause, before anything is sent to an address inside that
   * was not declared. Names that go through a proxy are resolved there, so only addresses are checked then.
   */
  async fetchVendor(url: URL, init: RequestInit): Promise<Response> {
    checkLiteral(url, this.#onPremises);
    return this.#fetch(url, init, 'vendor');
  }

  /** `fetch` for an address that the operator alone decides on: any may be meant. */
  async fetchOwn(url: URL, init: RequestInit): Promise<Response> {
    return this.#fetch(url, init, 'own');
  }

  /** The proxy that a URL is to be asked through. Throws `Failure('settings-invalid')`. */
  proxyFor(url: URL): URL | undefined {
    return proxyFor(url, this.settings.environment);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(async (agent) => agent.destroy()));
    this.#agents.clear();
  }

  /** Gets ready for the first request, so that its deadline is the network's alone. */
  async load(): Promise<void> {
    await (this.#undici ??= import('undici'));
  }

  async #fetch(url: URL, init: RequestInit, kind: 'vendor' | 'own'): Promise<Response> {
    // Loaded with the first request: most commands make none.
    const undici = await (this.#undici ??= import('undici'));
    const dispatcher = this.#agent(undici, this.proxyFor(url), kind);
    return (await undici.fetch(url, { ...init, dispatcher })) as unknown as Response;
  }

  #agent(undici: Undici, proxy: URL | undefined, kind: 'vendor' | 'own'): Dispatcher {
    const key = proxy?.href ?? kind;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = proxy ? throughProxy(undici, proxy) : this.#direct(undici, kind);
    this.#agents.set(key, agent);
    return agent;
  }

  #direct(undici: Undici, kind: 'vendor' | 'own'): Dispatcher {
    if (kind === 'own') return new undici.Agent();
    return new undici.Agent({ connect: { lookup: checkedLookup(this.#onPremises, this.settings.resolve) } });
  }
}

function throughProxy(undici: Undici, proxy: URL): Dispatcher {
  const credentials = proxyCredentials(proxy);
  return new undici.ProxyAgent({
    uri: proxy.origin,
    // Many proxies tunnel to port 443 alone; plain HTTP is what they were made for.
    proxyTunnel: false,
    ...(credentials !== undefined && { token: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  });
}

let current: Network | undefined;

/** The network of this process: that of `useNetwork`, else one that knows of nothing on premises. */
export function network(): Network {
  return (current ??= new Network({ onPremises: [], environment: process.env }));
}

/** Sets how this process reaches others, from its configuration. What is under way goes on as it began. */
export function useNetwork(settings: NetworkSettings): void {
  current = new Network(settings);
}
