import { Failure } from '../model/failure.js';

/** The normalizing thread has ended and its work is lost. The pool starts a new thread. */
export class ThreadEnded extends Failure {
  constructor(message: string, source?: string) {
    super('server-unavailable', message, {
      ...(source === undefined ? {} : { source }),
      remedy: 'No action is needed unless the error repeats: the worker restarts the work',
    });
  }
}
