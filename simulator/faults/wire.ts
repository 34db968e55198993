import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Rendering } from '../answer.js';
import { recycle, Sink } from '../render/sink.js';
import type { Effects } from './plan.js';

/** Resolves when the response accepts more bytes or is closed. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

/** Renders as fast as the client reads. Small bodies go out with their length, larger ones chunked. Returns the bytes sent. */
async function stream(response: ServerResponse, answer: Answer, render: Rendering): Promise<number> {
  const sink = new Sink();
  let bytes = 0;
  for (const _ of render(sink)) {
    if (!sink.ready) continue;
    for (const segment of sink.take()) {
      if (!response.headersSent) response.writeHead(answer.status, answer.headers);
      bytes += segment.length;
      if (!response.write(segment, () => recycle(segment))) await drained(response);
      if (response.destroyed) return bytes;
    }
  }
  for (const segment of sink.take()) {
    bytes += segment.length;
    response.write(segment, () => recycle(segment));
  }
  const rest = sink.end();
  if (!response.headersSent)
    response.writeHead(answer.status, { ...answer.headers, 'content-length': String(rest.length) });
  response.end(rest, () => recycle(rest));
  return bytes + rest.length;
}

function collect(body: Answer['body']): Buffer {
  if (typeof body !== 'function') return Buffer.from(body);
  const sink = new Sink();
  const segments: Buffer[] = [];
  for (const _ of body(sink)) segments.push(...sink.take());
  return Buffer.concat([...segments, ...sink.take(), sink.end()]);
}

async function trickle(response: ServerResponse, body: Buffer, bytes: number, ms: number): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += bytes) {
    response.write(body.subarray(at, at + bytes));
    await sleep(ms);
  }
  response.end();
}

/** Announces the length of `body`, sends half of it, and closes the connection in the way of `kind`. */
function breakOff(
  response: ServerResponse,
  answer: Answer,
  body: Buffer,
  kind: 'stall' | 'cut' | 'reset',
  bytes?: number,
): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body.length) });
  const part = body.subarray(0, bytes ?? body.length >> 1);
  const { socket } = response;
  response.write(part, () => {
    if (kind === 'cut') socket?.end();
    // Wait, so that the client receives this part before the reset.
    else if (kind === 'reset') setTimeout(() => socket?.resetAndDestroy(), 20);
  });
}

/** Sends a response, with the faults that affect the connection. Returns the number of bytes in its body. */
export async function send(response: ServerResponse, answer: Answer, effects: Effects): Promise<number> {
  for (const kind of ['stall', 'cut', 'reset'] as const) {
    const fault = effects.get(kind);
    if (!fault) continue;
    const body = collect(answer.body);
    breakOff(response, answer, body, kind, fault.bytes);
    return body.length;
  }
  const slow = effects.get('trickle');
  if (slow) {
    const body = collect(answer.body);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body.length) });
    await trickle(response, body, slow.bytes ?? 1, slow.ms ?? 200);
    return body.length;
  }
  if (typeof answer.body === 'function') return stream(response, answer, answer.body);
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body.length) });
  response.end(body);
  return body.length;
}
