import { BSON, MongoBulkWriteError, MongoError } from 'mongodb';
import { bsonSize, MOST_BSON_BYTES } from '../model/exact-bson.js';

/** Codes of MongoDB errors about one document's content, field names, depth or size. Retries give the same error. */
const CODES = new Map([
  [2, 'BadValue'],
  [9, 'FailedToParse'],
  [14, 'TypeMismatch'],
  [15, 'Overflow'],
  [22, 'InvalidBSON'],
  [52, 'DollarPrefixedFieldName'],
  [53, 'InvalidIdField'],
  [55, 'InvalidDBRef'],
  [56, 'EmptyFieldName'],
  [57, 'DottedFieldName'],
  [121, 'DocumentValidationFailure'],
  [10334, 'BSONObjectTooLarge'],
  [17280, 'KeyTooLong'],
  [17419, 'BSONObjectTooLarge'],
  [17420, 'BSONObjectTooLarge'],
]);
const DUPLICATE_KEY = 11000;
const TOO_LARGE = 'the record takes more than 16 MB in MongoDB';

/**
 * Why the driver or MongoDB rejected a document, without its values. `undefined` for an error that is not about a document (for
 * example, MongoDB is unavailable): the same write may succeed later.
 */
export function unstorableReason(error: unknown): string | undefined {
  if (error instanceof RangeError) return TOO_LARGE;
  if (BSON.BSONError.isBSONError(error)) return `MongoDB cannot store the record (${error.name})`;
  if (error instanceof MongoError && error.name === 'MongoInvalidArgumentError')
    return /larger than the max/i.test(error.message) ? TOO_LARGE : `MongoDB cannot store the record (${error.name})`;
  if (error instanceof MongoBulkWriteError) return reasonOfBulkError(error);
  if (!(error instanceof MongoError) || typeof error.code !== 'number') return undefined;
  return reasonOfCode(error.code);
}

function reasonOfBulkError(error: MongoBulkWriteError): string | undefined {
  const { writeErrors, result } = error;
  const codes = [writeErrors ?? []].flat().map(({ code }) => code);
  // A write concern error takes precedence: the write was not acknowledged by a majority.
  if (result?.getWriteConcernError() !== undefined) return undefined;
  const rejected = codes.find((code) => CODES.has(code));
  return rejected !== undefined && codes.every((code) => code === DUPLICATE_KEY || CODES.has(code))
    ? reasonOfCode(rejected)
    : undefined;
}

function reasonOfCode(code: number): string | undefined {
  const name = CODES.get(code);
  if (name === undefined) return undefined;
  return name === 'BSONObjectTooLarge' ? TOO_LARGE : `MongoDB rejects the record (${name})`;
}

/** Why a document cannot be encoded, or is too large; `undefined` if it can be stored. */
export function unstorable(document: object): string | undefined {
  try {
    if (bsonSize(document) > MOST_BSON_BYTES) return TOO_LARGE;
    BSON.serialize(document as BSON.Document, { ignoreUndefined: true });
    return undefined;
  } catch (error) {
    return unstorableReason(error) ?? `MongoDB cannot store the record (${(error as Error).name})`;
  }
}
