import { createInterface } from 'node:readline/promises';
import { Failure } from '../../model/failure.js';

const notConfirmed = (why: string) =>
  new Failure('settings-invalid', why, { remedy: 'Nothing was changed; --yes does it without asking' });

/** Asks on the terminal. Throws `Failure` without a terminal. */
export async function askYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw notConfirmed('There is no terminal to ask for confirmation');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Asks, unless `yes`. Throws `Failure` when the user does not confirm, or without a terminal. */
export async function confirmed(question: string, yes = false): Promise<void> {
  if (!yes && !(await askYes(question))) throw notConfirmed('Not confirmed');
}
