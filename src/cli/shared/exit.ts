import { Failure, behaviourOf } from '../../model/failure.js';

/** A command's exit code. */
export const EXIT = {
  ok: 0,
  defect: 1,
  usage: 2,
  /** A source ended partial or failed; or a verification found something. */
  incomplete: 4,
  /** Temporal or MongoDB is unreachable. */
  dependency: 5,
  interrupted: 130,
} as const;

/** What each exit code means, for docs/reference/commands.md. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  [EXIT.ok]: 'done',
  [EXIT.defect]: 'a defect in Rollcall; `ROLLCALL_DEBUG=1` shows the stack trace',
  [EXIT.usage]: 'a wrong argument or setting; the message names it',
  [EXIT.incomplete]:
    'a source ended partial or failed (with `--wait`), a vendor rejected the request, or `verify` found something',
  [EXIT.dependency]: 'Temporal, MongoDB or a vendor does not respond, or the run was cancelled',
  [EXIT.interrupted]: 'interrupted; a run that was started goes on',
};

/** Prints an error with its remedy, and returns the exit code. Stack traces only with ROLLCALL_DEBUG. */
export function report(error: unknown): number {
  const lines =
    error instanceof Failure
      ? [error.message, error.details.remedy]
      : [`Unexpected: ${(error as Error)?.message ?? String(error)}`];
  if (process.env['ROLLCALL_DEBUG']) lines.push((error as Error)?.stack);
  else if (!(error instanceof Failure)) lines.push('ROLLCALL_DEBUG=1 shows the stack trace');
  process.stderr.write(`${lines.filter(Boolean).join('\n')}\n`);
  if (!(error instanceof Failure)) return EXIT.defect;
  return behaviourOf(error.kind).exitCode;
}
