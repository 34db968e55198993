import { MongoError } from 'mongodb';
import { Failure, type FailureDetails, type FailureKind } from '../failure.js';

/** An error in a form that survives the way between threads; classes do not. */
export type PlainError =
  | { of: 'failure'; kind: FailureKind; message: string; details: FailureDetails }
  | { of: 'mongodb'; name: string; message: string; code?: string | number; codeName?: string }
  | { of: 'other'; name: string; stack: string };

export function toPlain(error: unknown): PlainError {
  if (error instanceof Failure) {
    return { of: 'failure', kind: error.kind, message: error.message, details: error.details };
  }
  if (error instanceof MongoError) {
    const { name, message, code } = error;
    const { codeName } = error as { codeName?: string };
    return { of: 'mongodb', name, message, ...(code === undefined ? {} : { code }), ...(codeName ? { codeName } : {}) };
  }
  const { name, stack } = error instanceof Error ? error : new Error(typeof error);
  return { of: 'other', name, stack: stack ?? '' };
}

export function fromPlain(plain: PlainError): Error {
  if (plain.of === 'failure') return new Failure(plain.kind, plain.message, plain.details);
  if (plain.of === 'mongodb') {
    const { name, message, code, codeName } = plain;
    const error = new MongoError(message);
    Object.defineProperty(error, 'name', { value: name });
    return Object.assign(error, code === undefined ? {} : { code }, codeName ? { codeName } : {});
  }
  return Object.assign(new Error('in the normalizing thread'), { name: plain.name, stack: plain.stack });
}
