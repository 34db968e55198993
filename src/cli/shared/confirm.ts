import { createInterface } from 'node:readline/promises';
import { Failure } from '../../model/failure.js';

const refused = (why: string) =>
  new Failure('settings-invalid', why, { remedy: 'Nothing was changed; --yes does it without asking' });

/** Asks on the terminal. Throws `Failure` where nobody can answer. */
export async function askYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw refused('There is nobody to ask');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Asks, unless `yes`. Throws `Failure` when the answer is not yes, or there is nobody to ask. */
export async function confirmed(question: string, yes = false): Promise<void> {
  if (!yes && !(await askYes(question))) throw refused('Not confirmed');
}
