/** A step of a page that is walked as a test: commands with what they print, or a line of a file that is changed. */
export type Step = { heading: string } & (
  { commands: string; printed?: string } | { file: string; before: string; after: string }
);

const FENCE = /^```(\w+)\n(.*?)^```$|^## ([^\n]+)$/gms;

/** In the order of the page: `sh` blocks, each with the `text` block that follows it; `diff` blocks that name a file. */
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

/** What is different each time, and what it is called here for a comparison. All else has to be as the page says. */
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
  // Tables are as wide as what varies in them.
  return text.replace(/\s+/g, ' ').trim();
}

/** Without empty ones, and those that tables are drawn with. */
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
 * Compares what a page says with what was printed. A line of `…` stands for any number of lines; all others are there, in their
 * order and without others between them. Notes which run has taken the place of which, and holds to it. Throws the first line
 * that is not there.
 */
export function comparePrinted(page: string, printed: string, runs: Map<string, string>): void {
  const said = linesOf(page);
  const lines = linesOf(printed);
  const bare = lines.map(masked);
  let at = 0;
  let anywhere = false;
  const fits = (chunk: readonly RegExp[], from: number) => chunk.every((line, by) => line.test(bare[from + by] ?? ''));
  for (let next = 0; next < said.length;) {
    if (said[next]!.trim() === '…') {
      anywhere = true;
      next += 1;
      continue;
    }
    const end = said.findIndex((line, index) => index >= next && line.trim() === '…');
    const chunk = said.slice(next, end < 0 ? said.length : end);
    const patterns = chunk.map(patternOf);
    let from = at;
    if (anywhere) while (from < lines.length && !fits(patterns, from)) from += 1;
    // What ends the page ends what was printed.
    if (end < 0 && anywhere) from = Math.max(at, lines.length - chunk.length);
    if (!fits(patterns, from)) {
      const off = patterns.findIndex((line, by) => !line.test(bare[from + by] ?? ''));
      const first = anywhere ? chunk[0]! : chunk[off]!;
      throw new Error(`docs/tour.md says\n  ${first}\nwhere this was printed:\n${lines.slice(at).join('\n')}`);
    }
    for (const [by, line] of chunk.entries()) {
      const [theirs, ours] = [line.match(RUN) ?? [], lines[from + by]!.match(RUN) ?? []];
      for (const [index, run] of theirs.entries()) {
        const here = ours[index] ?? '';
        if (here !== (runs.get(run) ?? here)) throw new Error(`docs/tour.md says run ${run}, and ${here} was printed`);
        runs.set(run, here);
      }
    }
    at = from + chunk.length;
    anywhere = false;
    next += chunk.length;
  }
  if (!anywhere && at < lines.length) throw new Error(`docs/tour.md does not say\n${lines.slice(at).join('\n')}`);
}
