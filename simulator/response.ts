import type { Sink } from './render/sink.js';

/** Renders a body in steps. The caller can pause it after each record, so that a slow client needs no memory. */
export type Rendering = (sink: Sink) => Generator<void, void>;

export interface SimulatedResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer | Rendering;
}

export interface Received {
  method: string;
  /** Path and query. */
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export function text(status: number, body: string, headers: Record<string, string> = {}): SimulatedResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): SimulatedResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function header(received: Received, name: string): string {
  const value = received.headers[name];
  return typeof value === 'string' ? value : '';
}
