import { HTTPException } from 'hono/http-exception';
import { Failure } from '../model/failure.js';
import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';

interface ErrorText {
  status: 400 | 413 | 500 | 503;
  what: string;
  remedy?: string;
  foreseen: boolean;
}

const MAX_TIME_EXPIRED = 50;

/** Maps an error to what the visitor sees: the problem and its remedy, never the error's own text. */
export function describeError(error: unknown): ErrorText {
  if (error instanceof Failure)
    return {
      status: error.kind === 'server-unavailable' ? 503 : 400,
      what: error.message,
      ...(error.details.remedy === undefined ? {} : { remedy: error.details.remedy }),
      foreseen: true,
    };
  if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED)
    return {
      status: 503,
      what: 'This takes too long',
      remedy: 'Type more of the name, or take a filter away',
      foreseen: true,
    };
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError)
    return {
      status: 503,
      what: 'MongoDB does not respond',
      remedy: 'Start MongoDB again; this page then works without a restart',
      foreseen: true,
    };
  if (error instanceof RangeError || (error instanceof HTTPException && error.status < 500))
    return {
      status: error instanceof HTTPException && error.status === 413 ? 413 : 400,
      what: 'This address is malformed',
      foreseen: true,
    };
  return {
    status: 500,
    what: 'Something went wrong here',
    remedy: 'The console of rollcall ui shows the error',
    foreseen: false,
  };
}
