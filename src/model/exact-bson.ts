import { BSON, Decimal128 } from 'mongodb';

/** MongoDB's limit of 16 MiB a document, minus room for Rollcall's own fields. */
export const MOST_BSON_BYTES = 16 * 1024 * 1024 - 64 * 1024;

const LEAST_LONG = -(2n ** 63n);
const MOST_LONG = 2n ** 63n - 1n;

/** Size of a document as BSON, bytes. Throws the errors of the BSON encoder. */
export const bsonSize = (document: object): number => BSON.calculateObjectSize(document as BSON.Document);

/**
 * Converts a JSON value so that the driver encodes it without loss: integers beyond 64 bits to `Decimal128`, and an object
 * with a field `_bsontype`, which the driver would treat as one of its own types, to a `Map`. Returns the same object if no
 * value changes.
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
 * Decodes a document to its form before `toBson`: integers beyond 2^53 are `bigint`s. The driver's own decoder is not used,
 * because it converts each object that looks like a `DBRef` to a `DBRef` and loses parts of the object. Throws for types
 * that do not exist in JSON.
 */
export function fromBson(bytes: Uint8Array): Record<string, unknown> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return documentAt(buffer, 0) as Record<string, unknown>;
}

interface Position {
  at: number;
}

function documentAt(bytes: Buffer, start: number, isList = false): unknown {
  const end = start + bytes.readInt32LE(start) - 1;
  const list: unknown[] = [];
  const object: Record<string, unknown> = {};
  for (const position: Position = { at: start + 4 }; position.at < end;) {
    const type = bytes[position.at]!;
    const keyEnd = bytes.indexOf(0, position.at + 1);
    const key = isList ? '' : bytes.toString('utf8', position.at + 1, keyEnd);
    position.at = keyEnd + 1;
    const value = valueAt(bytes, type, position);
    if (isList) list.push(value);
    // Assigning `__proto__` would replace the object's prototype.
    else if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    else object[key] = value;
  }
  return isList ? list : object;
}

function valueAt(bytes: Buffer, type: number, position: Position): unknown {
  const { at } = position;
  switch (type) {
    case 0x01:
      position.at += 8;
      return bytes.readDoubleLE(at);
    case 0x02: {
      const length = bytes.readInt32LE(at);
      position.at += 4 + length;
      return bytes.toString('utf8', at + 4, at + 3 + length);
    }
    case 0x03:
    case 0x04:
      position.at += bytes.readInt32LE(at);
      return documentAt(bytes, at, type === 0x04);
    case 0x08:
      position.at += 1;
      return bytes[at] === 1;
    case 0x0a:
      return null;
    case 0x10:
      position.at += 4;
      return bytes.readInt32LE(at);
    case 0x12:
      position.at += 8;
      return exactNumber(bytes.readBigInt64LE(at));
    case 0x13:
      position.at += 16;
      return exactNumber(BigInt(new Decimal128(bytes.subarray(at, at + 16)).toString()));
    default:
      throw new Error(`A BSON value of type ${type} is not a JSON value`);
  }
}

const exactNumber = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
