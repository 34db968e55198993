import { BSON, Decimal128 } from 'mongodb';

/** A document has 16 MiB; the rest is for fields of our own. */
export const MOST_BSON_BYTES = 16 * 1024 * 1024 - 64 * 1024;

const LEAST_LONG = -(2n ** 63n);
const MOST_LONG = 2n ** 63n - 1n;

/** What a document takes as BSON, in bytes. Throws what encoding it throws. */
export const bsonSize = (document: object): number => BSON.calculateObjectSize(document as BSON.Document);

/**
 * A JSON value as the driver encodes it without a loss: integers beyond 64 bits are `Decimal128`, and an object with a field
 * `_bsontype`, which the driver would take for a type of its own, is a `Map`. The same object where nothing has to be changed.
 */
export function toBson(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value < LEAST_LONG || value > MOST_LONG ? Decimal128.fromString(String(value)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let at = 0; at < value.length; at++) {
      const own = toBson(value[at]);
      if (own !== value[at]) (copy ??= [...(value as unknown[])])[at] = own;
    }
    return copy ?? value;
  }
  const object = value as Record<string, unknown>;
  let changed: Map<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const own = toBson(object[key]);
    if (own !== object[key] || key === '_bsontype') (changed ??= new Map(Object.entries(object))).set(key, own);
  }
  return changed ?? object;
}

/**
 * A document of JSON values out of its bytes, as it was before `toBson`: integers beyond 2^53 are `bigint`s. The driver's own
 * decoder makes a `DBRef` of each object that looks like one, and loses parts of it. Throws for types that JSON has not.
 */
export function fromBson(bytes: Uint8Array): Record<string, unknown> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return documentAt(buffer, 0) as Record<string, unknown>;
}

interface At {
  at: number;
}

function documentAt(bytes: Buffer, start: number, isList = false): unknown {
  const end = start + bytes.readInt32LE(start) - 1;
  const list: unknown[] = [];
  const object: Record<string, unknown> = {};
  for (const place: At = { at: start + 4 }; place.at < end;) {
    const type = bytes[place.at]!;
    const keyEnd = bytes.indexOf(0, place.at + 1);
    const key = isList ? '' : bytes.toString('utf8', place.at + 1, keyEnd);
    place.at = keyEnd + 1;
    const value = valueAt(bytes, type, place);
    if (isList) list.push(value);
    // A plain assignment of this name would replace the object's prototype.
    else if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    else object[key] = value;
  }
  return isList ? list : object;
}

function valueAt(bytes: Buffer, type: number, place: At): unknown {
  const { at } = place;
  switch (type) {
    case 0x01:
      place.at += 8;
      return bytes.readDoubleLE(at);
    case 0x02: {
      const length = bytes.readInt32LE(at);
      place.at += 4 + length;
      return bytes.toString('utf8', at + 4, at + 3 + length);
    }
    case 0x03:
    case 0x04:
      place.at += bytes.readInt32LE(at);
      return documentAt(bytes, at, type === 0x04);
    case 0x08:
      place.at += 1;
      return bytes[at] === 1;
    case 0x0a:
      return null;
    case 0x10:
      place.at += 4;
      return bytes.readInt32LE(at);
    case 0x12:
      place.at += 8;
      return plain(bytes.readBigInt64LE(at));
    case 0x13:
      place.at += 16;
      return plain(BigInt(new Decimal128(bytes.subarray(at, at + 16)).toString()));
    default:
      throw new Error(`A BSON value of type ${type} is no JSON value`);
  }
}

const plain = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
