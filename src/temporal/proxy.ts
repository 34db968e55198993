import type { NativeConnectionOptions } from '@temporalio/worker';
import { network } from '../network/network.js';
import { proxyCredentials } from '../network/proxy.js';

const targetOf = (address: string) => network().proxyFor(new URL(`https://${address}`));

/** The proxy to Temporal as options of a worker's connection. */
export function nativeProxy(address: string): Pick<NativeConnectionOptions, 'proxy'> {
  const proxy = targetOf(address);
  if (!proxy) return {};
  const [username = '', password = ''] = proxyCredentials(proxy)?.split(/:(.*)/s) ?? [];
  return {
    proxy: {
      type: 'http-connect',
      targetHost: `${proxy.hostname}:${proxy.port || '80'}`,
      ...(username !== '' && { basicAuth: { username, password } }),
    },
  };
}

/**
 * The proxy as channel arguments of a client. gRPC reads the proxy only from the environment, where `grpc_proxy` takes
 * precedence.
 */
export function proxyArguments(address: string): Record<string, number> {
  const proxy = targetOf(address);
  if (!proxy) return { 'grpc.enable_http_proxy': 0 };
  process.env['grpc_proxy'] = proxy.href;
  return { 'grpc.enable_http_proxy': 1 };
}
