import { MongoError } from 'mongodb';
import { Failure, type FailureDetails, type FailureKind } from '../model/failure.js';

/** Where in a listing an error occurred. */
export interface ErrorPlace {
  /** Position of the page. */
  page?: number;
  row?: number;
}

const places = new WeakMap<object, ErrorPlace>();

/** Records where an error occurred, and returns the error. Values that are already known take precedence. */
export function placed<E>(error: E, place: ErrorPlace): E {
  if (typeof error === 'object' && error !== null) places.set(error, { ...place, ...places.get(error) });
  return error;
}

export const placeOfError = (error: unknown): ErrorPlace =>
  (typeof error === 'object' && error !== null ? places.get(error) : undefined) ?? {};

/** An error in a form that can be sent between threads; instances of classes cannot. */
export type PlainError = { place: ErrorPlace } & (
  | { of: 'failure'; kind: FailureKind; message: string; details: FailureDetails }
  | { of: 'mongodb'; name: string; message: string; code?: string | number; codeName?: string }
  | { of: 'other'; name: string; message: string; stack: string }
);

export function toPlain(error: unknown): PlainError {
  const place = placeOfError(error);
  if (error instanceof Failure) {
    return { place, of: 'failure', kind: error.kind, message: error.message, details: error.details };
  }
  if (error instanceof MongoError) {
    const { name, message, code } = error;
    const { codeName } = error as { codeName?: string };
    return {
      place,
      of: 'mongodb',
      name,
      message,
      ...(code === undefined ? {} : { code }),
      ...(codeName ? { codeName } : {}),
    };
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(typeof error);
  return { place, of: 'other', name, message, stack: stack ?? '' };
}

export const fromPlain = (plain: PlainError): Error => placed(errorOf(plain), plain.place);

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
