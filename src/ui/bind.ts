import ipaddr from 'ipaddr.js';
import { Failure } from '../model/failure.js';

/** The address at which the page is served. */
export interface Bind {
  /** A name or an address, IPv6 without brackets. */
  host: string;
  /** 0: any free port. */
  port: number;
  /** Only users of this machine can reach it. */
  loopback: boolean;
}

/**
 * Parses `host:port` (IPv6 in brackets). Throws `Failure('settings-invalid')` for an invalid address, and for one that other
 * machines can reach if no token is set.
 */
export function bindOf({ address, token }: { address: string; token?: string }): Bind {
  const [, bracketed, bare, digits] = /^(?:\[([^\]\s]+)\]|([^\s/:]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? bare;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new Failure('settings-invalid', `${address} is no address to serve at`, {
      remedy: 'Give host:port, as 127.0.0.1:8300 or [::1]:8300, in --address or ROLLCALL_UI_ADDRESS',
    });
  const loopback = isLoopback(host);
  if (!loopback && token === undefined)
    throw new Failure('settings-invalid', `Other machines can reach ${address}, and no token is set`, {
      remedy: 'Set ROLLCALL_UI_TOKEN to 16 characters or more (openssl rand -hex 24), or serve at 127.0.0.1',
    });
  return { host, port, loopback };
}

/** Whether a host name or address (IPv6 without brackets) is a loopback one. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/** `http://127.0.0.1:8300` */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
