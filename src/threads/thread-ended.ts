import { Failure } from '../model/failure.js';

/** The normalizing thread is no more, and with it the work that it had under way. The pool starts another one. */
export class ThreadEnded extends Failure {
  constructor(message: string, source: string) {
    super('server-unavailable', message, { source, remedy: 'None is needed unless it stays: the work begins again' });
  }
}
