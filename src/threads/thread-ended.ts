import { Failure } from '../model/failure.js';

/** The normalizing thread has ended and its work is lost. The pool starts a new thread. */
export class ThreadEnded extends Failure {
  constructor(message: string, source: string) {
    super('server-unavailable', message, {
      source,
      remedy: 'None, unless it keeps happening: the worker starts the work again',
    });
  }
}
