import type { Dispatcher, RequestInit } from 'undici';
import { HostList } from './host-list.js';
import { checkedLookup, checkLiteral, type Resolve } from './lookup.js';
import { proxyCredentials, proxyFor } from './proxy.js';

export interface NetworkSettings {
  /** Names, addresses and networks inside the organisation that sources may send requests to. */
  onPremises: readonly string[];
  /** Environment variables that name the proxies. */
  environment: Record<string, string | undefined>;
  /** Replaces the system's resolver, for tests. */
  resolve?: Resolve;
}

type Undici = typeof import('undici');

/**
 * Sends the requests of this process through the proxy of the environment; requests to vendors are sent to checked addresses
 * only. Keeps connections in one pool per kind.
 */
export class Network {
  readonly #onPremises: HostList;
  readonly #agents = new Map<string, Dispatcher>();
  #undici: Promise<Undici> | undefined;

  constructor(private readonly settings: NetworkSettings) {
    this.#onPremises = HostList.of(settings.onPremises);
  }

  /**
   * `fetch` for a source. Rejects with `AddressRefused`, as the error or its cause, before anything is sent to an internal
   * address that is not declared. With a proxy only literal addresses are checked, because the proxy resolves names.
   */
  async fetchVendor(url: URL, init: RequestInit): Promise<Response> {
    checkLiteral(url, this.#onPremises);
    return this.#fetch(url, init, 'vendor');
  }

  /** `fetch` for an address that the operator configures; any address is allowed. */
  async fetchOwn(url: URL, init: RequestInit): Promise<Response> {
    return this.#fetch(url, init, 'own');
  }

  /** The proxy for a URL. Throws `Failure('settings-invalid')`. */
  proxyFor(url: URL): URL | undefined {
    return proxyFor(url, this.settings.environment);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(async (agent) => agent.destroy()));
    this.#agents.clear();
  }

  /** Loads the HTTP client before the first request, so that loading does not count towards the request's deadline. */
  async load(): Promise<void> {
    await (this.#undici ??= import('undici'));
  }

  async #fetch(url: URL, init: RequestInit, kind: 'vendor' | 'own'): Promise<Response> {
    // Loaded with the first request: most commands send none.
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
    // Plain HTTP is not tunnelled: many proxies tunnel to port 443 only.
    proxyTunnel: false,
    ...(credentials !== undefined && { token: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  });
}

let current: Network | undefined;

/** The network of this process, as set by `useNetwork`; by default without on-premises hosts. */
export function network(): Network {
  return (current ??= new Network({ onPremises: [], environment: process.env }));
}

/** Sets the network of this process from its configuration. In-flight requests are not affected. */
export function useNetwork(settings: NetworkSettings): void {
  current = new Network(settings);
}
