import type { QuarantineDoc } from '../../../store/documents/quarantine.js';
import { plain } from '../../../format/plain.js';

/** What a user can do about a reason; the first match counts. docs/failures.md has the details. */
const ADVICE: [fits: RegExp, advice: (source: string) => string][] = [
  [/^mapping broke/, (source) => `map() of ${source} threw: correct the source file, restart the workers, and retry.`],
  [/^the last line is cut off/, () => 'The file ended within a line: the next run reads that line again.'],
  [
    /^the id was delivered before/,
    () =>
      'The first that came counts. Correct the other one where it comes from, under an id of its own, and drop this one.',
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
    /^(Not valid JSON|Not well-formed XML|Nested deeper|the (line|record) (is|holds|takes)|a field holds|the name of a field|two fields|MongoDB (cannot|refuses))/,
    () => 'It was sent like this. Correct it where it comes from: the next listing that is complete brings it anew.',
  ],
  [
    /^A page of .* answered/,
    (source) =>
      `The page is not what ${source} describes: correct envelope or paging in the source file, restart the workers, and retry.`,
  ],
];

export function adviceOf({ reason, source }: QuarantineDoc): string {
  const name = plain(source);
  const advice = ADVICE.find(([fits]) => fits.test(reason));
  if (advice) return advice[1](name);
  return `If map() of ${name} is too strict, correct the source file, raise its mapping, restart the workers, and retry. If the record is of no use, drop it.`;
}

/** The command that retries it. An id with control characters cannot be typed, so source and reason select it. */
export function retryCommandFor({ _id, source, reason }: QuarantineDoc): string {
  const args = plain(_id) === _id ? [quoted(_id)] : ['--source', quoted(source), '--reason', quoted(plain(reason))];
  return `npm run rollcall -- quarantine retry ${args.join(' ')}`;
}

/** Quotes a text as one word of a shell. */
const quoted = (text: string): string => (/^[\w./:@%+,#-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
