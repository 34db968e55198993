import type { QuarantineDoc } from '../../../store/documents/quarantine.js';
import { printable } from '../../../format/printable.js';

/** What a user can do about a reason; the first match is used. docs/failures.md has the details. */
const ADVICE: [fits: RegExp, advice: (source: string) => string][] = [
  [
    /^the mapping threw/,
    (source) => `map() of ${source} threw: correct the source file, restart the workers, and retry.`,
  ],
  [/^the last line is cut off/, () => 'The file ended within a line: the next run reads that line again.'],
  [
    /^the id was delivered before/,
    () =>
      'Rollcall keeps the event that arrived first. Give the other event its own id in the source, and drop this entry.',
  ],
  [
    /^reading this page ended/,
    (source) =>
      `map() of ${source} never ends, needs too much memory or crashes on a row of this page: correct the source file, restart the workers, and retry.`,
  ],
  [
    /^the stored body is missing/,
    (source) =>
      `Restore the collection bodies from a backup and retry, or collect again: npm run trigger -- ${source} --force`,
  ],
  [
    /^(Not valid JSON|Not well-formed XML|Nested deeper|the (line|record) (is|holds|takes)|a field holds|the name of a field|two fields|MongoDB (cannot|rejects))/,
    () =>
      'The source sent the record like this. Correct it in the source: the next complete listing then contains the corrected record.',
  ],
  [
    /^A page of .* responded/,
    (source) =>
      `The page is not what ${source} describes: correct envelope or paging in the source file, restart the workers, and retry.`,
  ],
];

export function adviceOf({ reason, source }: QuarantineDoc): string {
  const name = printable(source);
  const advice = ADVICE.find(([fits]) => fits.test(reason));
  if (advice) return advice[1](name);
  return `If map() of ${name} is too strict, correct the source file, raise its mapping, restart the workers, and retry. If the record is of no use, drop it.`;
}

/**
 * The command that retries an entry. A user cannot type an id with control characters, so the command then selects the entry by
 * source and reason.
 */
export function retryCommandFor({ _id, source, reason }: QuarantineDoc): string {
  const args =
    printable(_id) === _id ? [quoted(_id)] : ['--source', quoted(source), '--reason', quoted(printable(reason))];
  return `npm run rollcall -- quarantine retry ${args.join(' ')}`;
}

/** Quotes a text as one argument of a shell command. */
const quoted = (text: string): string => (/^[\w./:@%+,#-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
