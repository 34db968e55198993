import { MongoError } from 'mongodb';
import { Failure, type FailureDetails, type FailureKind } from '../model/failure.js';

/** Location in a listing at which an error occurred. */
export interface ErrorLocation {
  /** Position of the page. */
  page?: number;
  row?: number;
}

const locations = new WeakMap<object, ErrorLocation>();

/** Stores the location of an error, and returns the error. Values that are already stored take precedence. */
export function withLocation<E>(error: E, location: ErrorLocation): E {
  if (typeof error === 'object' && error !== null) locations.set(error, { ...location, ...locations.get(error) });
  return error;
}

export const locationOfError = (error: unknown): ErrorLocation =>
  (typeof error === 'object' && error !== null ? locations.get(error) : undefined) ?? {};

/** An error in a form that can be sent between threads. Instances of classes cannot be sent. */
export type PlainError = { location: ErrorLocation } & (
  | { of: 'failure'; kind: FailureKind; message: string; details: FailureDetails }
  | { of: 'mongodb'; name: string; message: string; code?: string | number; codeName?: string }
  | { of: 'other'; name: string; message: string; stack: string }
);

export function toPlain(error: unknown): PlainError {
  const location = locationOfError(error);
  if (error instanceof Failure) {
    return { location, of: 'failure', kind: error.kind, message: error.message, details: error.details };
  }
  if (error instanceof MongoError) {
    const { name, message, code } = error;
    const { codeName } = error as { codeName?: string };
    return {
      location,
      of: 'mongodb',
      name,
      message,
      ...(code === undefined ? {} : { code }),
      ...(codeName ? { codeName } : {}),
    };
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(typeof error);
  return { location, of: 'other', name, message, stack: stack ?? '' };
}

export const fromPlain = (plain: PlainError): Error => withLocation(errorOf(plain), plain.location);

function errorOf(plain: PlainError): Error {
  if (plain.of === 'failure') return new Failure(plain.kind, plain.message, plain.details);
  if (plain.of === 'mongodb') {
    const { name, message, code, codeName } = plain;
    const error = new MongoError(message);
    Object.defineProperty(error, 'name', { value: name });
    return Object.assign(error, code === undefined ? {} : { code }, codeName ? { codeName } : {});
  }
  return Object.assign(new Error(plain.message), { name: plain.name, stack: plain.stack });
}
