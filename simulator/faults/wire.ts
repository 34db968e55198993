import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedResponse, Rendering } from '../response.js';
import { recycle, Sink } from '../render/sink.js';
import type { Effects } from './plan.js';

/** Resolves when the response accepts more bytes or is closed. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.once('drain', done);
    outgoing.once('close', done);
  });
}

/**
 * Renders only as fast as the client reads. Sends small bodies with their length and larger ones in chunks. Returns the number of
 * bytes sent.
 */
async function stream(outgoing: ServerResponse, response: SimulatedResponse, render: Rendering): Promise<number> {
  const sink = new Sink();
  let bytes = 0;
  for (const _ of render(sink)) {
    if (!sink.ready) continue;
    for (const segment of sink.take()) {
      if (!outgoing.headersSent) outgoing.writeHead(response.status, response.headers);
      bytes += segment.length;
      if (!outgoing.write(segment, () => recycle(segment))) await drained(outgoing);
      if (outgoing.destroyed) return bytes;
    }
  }
  for (const segment of sink.take()) {
    bytes += segment.length;
    outgoing.write(segment, () => recycle(segment));
  }
  const rest = sink.end();
  if (!outgoing.headersSent)
    outgoing.writeHead(response.status, { ...response.headers, 'content-length': String(rest.length) });
  outgoing.end(rest, () => recycle(rest));
  return bytes + rest.length;
}

function collect(body: SimulatedResponse['body']): Buffer {
  if (typeof body !== 'function') return Buffer.from(body);
  const sink = new Sink();
  const segments: Buffer[] = [];
  for (const _ of body(sink)) segments.push(...sink.take());
  return Buffer.concat([...segments, ...sink.take(), sink.end()]);
}

async function trickle(outgoing: ServerResponse, body: Buffer, bytes: number, ms: number): Promise<void> {
  for (let at = 0; at < body.length && !outgoing.destroyed; at += bytes) {
    outgoing.write(body.subarray(at, at + bytes));
    await sleep(ms);
  }
  outgoing.end();
}

/** Announces the length of `body`, sends half of it, and then stalls, closes or resets the connection, depending on `kind`. */
function breakOff(
  outgoing: ServerResponse,
  response: SimulatedResponse,
  body: Buffer,
  kind: 'stall' | 'cut' | 'reset',
  bytes?: number,
): void {
  outgoing.writeHead(response.status, { ...response.headers, 'content-length': String(body.length) });
  const part = body.subarray(0, bytes ?? body.length >> 1);
  const { socket } = outgoing;
  outgoing.write(part, () => {
    if (kind === 'cut') socket?.end();
    // Wait, so that the client receives this part before the reset.
    else if (kind === 'reset') setTimeout(() => socket?.resetAndDestroy(), 20);
  });
}

/** Sends a response and applies the faults that affect the connection. Returns the number of bytes in its body. */
export async function send(outgoing: ServerResponse, response: SimulatedResponse, effects: Effects): Promise<number> {
  for (const kind of ['stall', 'cut', 'reset'] as const) {
    const fault = effects.get(kind);
    if (!fault) continue;
    const body = collect(response.body);
    breakOff(outgoing, response, body, kind, fault.bytes);
    return body.length;
  }
  const slow = effects.get('trickle');
  if (slow) {
    const body = collect(response.body);
    outgoing.writeHead(response.status, { ...response.headers, 'content-length': String(body.length) });
    await trickle(outgoing, body, slow.bytes ?? 1, slow.ms ?? 200);
    return body.length;
  }
  if (typeof response.body === 'function') return stream(outgoing, response, response.body);
  const body = Buffer.from(response.body);
  outgoing.writeHead(response.status, { ...response.headers, 'content-length': String(body.length) });
  outgoing.end(body);
  return body.length;
}
