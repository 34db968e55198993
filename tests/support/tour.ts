/** A step of a page that runs as a test: commands with what they print, or a changed line of a file. */
export type Step = { heading: string } & (
  { commands: string; printed?: string } | { file: string; before: string; after: string }
);

const FENCE = /^```(\w+)\n(.*?)^```$|^## ([^\n]+)$/gms;

/**
 * The steps in the order of the page: `sh` blocks, each with the `text` block that follows it, and `diff` blocks that
 * name a file.
 */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let heading = '';
  for (const [, language, text = '', title] of page.matchAll(FENCE)) {
    if (title !== undefined) heading = title;
    if (language === 'sh') steps.push({ heading, commands: text });
    if (language === 'text') {
      const last = steps.at(-1);
      if (!last || !('commands' in last) || last.printed !== undefined)
        throw new Error(`Printed by no command: ${text.slice(0, 80)}`);
      last.printed = text;
    }
    if (language === 'diff') {
      const part = (sign: string) => new RegExp(`^\\${sign}(?!\\${sign})(.*)$`, 'm').exec(text)![1]!;
      steps.push({ heading, file: /^--- (.*)$/m.exec(text)![1]!, before: part('-'), after: part('+') });
    }
  }
  return steps;
}

/** Values that differ each time, and their names for the comparison. Everything else must match the page. */
const VARIABLE: readonly [RegExp, string][] = [
  [/\b\d{14}-[0-9a-f]{8}\b/g, 'RUN'],
  [/\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?Z)?/g, 'TIME'],
  [/\b\d+ min more\b/g, 'LEFT'],
  [/\bjust now\b|\b\d+ (?:min|hours?|days?) ago\b/g, 'AGO'],
  [/\b127\.0\.0\.1:\d+/g, 'PLACE'],
  [/\bprocess \d+/g, 'PROCESS'],
  [/\b[\d,]+ (records|hosts) a second/g, 'RATE'],
  [/\b(?:\d+ min )?[\d.]+ ?(?:ms|s)\b/g, 'TOOK'],
];

const RUN = /\b\d{14}-[0-9a-f]{8}\b/g;

function masked(line: string): string {
  let text = line;
  for (const [pattern, name] of VARIABLE) text = text.replace(pattern, name);
  // The width of a table depends on its variable values.
  return text.replace(/\s+/g, ' ').trim();
}

/** The lines without empty lines and table borders. */
const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line.trim() !== '' && !/^[┌├└][─┬┼┴]+[┐┤┘]$/.test(line));

/** A line of the page as a pattern: `…` stands for any text. */
const patternOf = (line: string): RegExp =>
  new RegExp(
    `^${masked(line)
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

/**
 * Compares the text of a page with the printed text. A line of `…` stands for any number of lines. All other lines must
 * be present, in their order and without other lines between them. `runs` stores which printed run replaces which run
 * of the page, and each later replacement must be the same. Throws the first line that is missing.
 */
export function comparePrinted(page: string, printed: string, runs: Map<string, string>): void {
  const pageLines = linesOf(page);
  const lines = linesOf(printed);
  const bare = lines.map(masked);
  let at = 0;
  let anywhere = false;
  const fits = (chunk: readonly RegExp[], from: number) => chunk.every((line, by) => line.test(bare[from + by] ?? ''));
  for (let next = 0; next < pageLines.length;) {
    if (pageLines[next]!.trim() === '…') {
      anywhere = true;
      next += 1;
      continue;
    }
    const end = pageLines.findIndex((line, index) => index >= next && line.trim() === '…');
    const chunk = pageLines.slice(next, end < 0 ? pageLines.length : end);
    const patterns = chunk.map(patternOf);
    let from = at;
    if (anywhere) while (from < lines.length && !fits(patterns, from)) from += 1;
    // The last lines of the page must be the last lines that were printed.
    if (end < 0 && anywhere) from = Math.max(at, lines.length - chunk.length);
    if (!fits(patterns, from)) {
      const off = patterns.findIndex((line, by) => !line.test(bare[from + by] ?? ''));
      const first = anywhere ? chunk[0]! : chunk[off]!;
      throw new Error(`docs/tour.md has\n  ${first}\nwhere the command printed:\n${lines.slice(at).join('\n')}`);
    }
    for (const [by, line] of chunk.entries()) {
      const [theirs, ours] = [line.match(RUN) ?? [], lines[from + by]!.match(RUN) ?? []];
      for (const [index, run] of theirs.entries()) {
        const here = ours[index] ?? '';
        if (here !== (runs.get(run) ?? here))
          throw new Error(`docs/tour.md has run ${run}, and the command printed ${here}`);
        runs.set(run, here);
      }
    }
    at = from + chunk.length;
    anywhere = false;
    next += chunk.length;
  }
  if (!anywhere && at < lines.length) throw new Error(`docs/tour.md does not have\n${lines.slice(at).join('\n')}`);
}
