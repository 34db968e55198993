import type { AgentOptions } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { network } from './network.js';

interface Agents {
  httpAgent: HttpProxyAgent<string> | AgentOptions;
  httpsAgent: HttpsProxyAgent<string> | AgentOptions;
}

/** Agents for clients that use Node's own `http` and `https`, with the proxy for `endpoint`, if any. */
export function agentsFor(endpoint: string, maxSockets: number): Agents {
  const proxy = URL.canParse(endpoint) ? network().proxyFor(new URL(endpoint)) : undefined;
  if (!proxy) return { httpAgent: { maxSockets }, httpsAgent: { maxSockets } };
  const options = { keepAlive: true, maxSockets };
  return {
    httpAgent: new HttpProxyAgent(proxy.href, options),
    httpsAgent: new HttpsProxyAgent(proxy.href, options),
  };
}
