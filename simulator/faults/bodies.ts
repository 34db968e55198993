import { gzipSync } from 'node:zlib';
import { json, type SimulatedResponse } from '../response.js';
import type { Protocol } from './fault.js';
import type { Effects } from './plan.js';

const LOGIN =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action="/login" method="post">' +
  '<input name="user"><input name="password" type="password"><button>Sign in</button></form></body></html>';

const BLOCK = 1024 * 1024;
const PORTION = Buffer.alloc(BLOCK, 0x20);
let packed: Buffer | undefined;

/** Repeats a gzip member of one mebibyte of white space. gzip allows any number of members, so only one must be compressed. */
function bomb(bytes: number): Buffer {
  packed ??= gzipSync(PORTION, { level: 9 });
  return Buffer.concat(Array.from({ length: Math.ceil(bytes / BLOCK) }, () => packed as Buffer));
}

/** A response with status 200 and an error in its body, in each vendor's form. */
function errorInside(protocol: Protocol): SimulatedResponse {
  if (protocol === 'qualys') {
    const details = { errorMessage: 'The request could not be processed', errorResolution: 'Try again later' };
    return json(200, { ServiceResponse: { responseCode: 'INVALID_REQUEST', responseErrorDetails: details } });
  }
  if (protocol.endsWith('-demo')) return json(200, { error: 'could not read hosts' });
  const meta = { query_time: 0.001, powered_by: 'device-api', trace_id: '00000000-0000-4000-8000-000000000001' };
  return json(200, { meta, errors: [{ code: 403, message: 'access denied, authorization failed' }], resources: null });
}

/** Returns the response of a fault that replaces the real response, if there is such a fault. */
export function replacedBody(protocol: Protocol, effects: Effects): SimulatedResponse | undefined {
  if (effects.has('errors')) return errorInside(protocol);
  if (effects.has('html')) return { status: 200, headers: { 'content-type': 'text/html' }, body: LOGIN };
  if (effects.has('object')) return json(200, {});
  if (effects.has('empty-body')) return { status: 200, headers: { 'content-type': 'application/json' }, body: '' };
  const gzip = effects.get('gzip-bomb');
  if (gzip) {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    return { status: 200, headers, body: bomb(gzip.bytes ?? 300 * BLOCK) };
  }
  return undefined;
}

/** Puts white space before a body. JSON and XML parsers skip it, so only the size of the body is wrong. */
export function padded(response: SimulatedResponse, bytes: number): SimulatedResponse {
  const { body } = response;
  return {
    ...response,
    *body(sink) {
      for (let left = bytes; left > 0; left -= BLOCK) {
        sink.bytes(left < BLOCK ? PORTION.subarray(0, left) : PORTION);
        yield;
      }
      if (typeof body === 'function') yield* body(sink);
      else sink.text(body.toString());
    },
  };
}
