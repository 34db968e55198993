import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDay } from './keep.js';

/** Filter of log lines; an absent field matches every line. */
export interface LogFilter {
  /** Prefix of a run's id. */
  run?: string;
  source?: string;
  /** Minimum level. */
  level?: string;
  since?: Date;
}

interface LogLine {
  level?: string | number;
  time?: string;
  run?: string;
  source?: string;
}

/** Levels in ascending order. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
/** Maximum length of a line, bytes. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** Reads existing and new log lines: each line once, ordered by day and file. */
export class LogReader {
  /** Read position of each file, bytes. */
  readonly #offsets = new Map<string, number>();

  constructor(
    private readonly dir: string,
    private readonly filter: LogFilter,
  ) {}

  /** New lines (JSON, without line ends) since the last call. An incomplete line is returned by a later call. */
  async *next(): AsyncGenerator<string> {
    const first = this.filter.since?.toISOString().slice(0, 10) ?? '';
    for (const path of filesFrom(this.dir, first)) {
      const from = this.#offsets.get(path) ?? 0;
      if (sizeOf(path) <= from) continue;
      for await (const { line, end } of wholeLines(path, from)) {
        this.#offsets.set(path, end);
        if (isWanted(line, this.filter)) yield line;
      }
    }
  }
}

function filesFrom(dir: string, first: string): string[] {
  const days = namesIn(dir).filter((name) => isDay(name) && name >= first);
  return days.sort().flatMap((day) =>
    namesIn(join(dir, day))
      .flatMap((name) => {
        const number = /^rollcall(?:\.(\d+))?\.log$/.exec(name);
        return number ? [{ name, number: Number(number[1] ?? 0) }] : [];
      })
      .sort((a, b) => a.number - b.number)
      .map(({ name }) => join(dir, day, name)),
  );
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // not created yet, or removed meanwhile
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Lines with the offset of their end. Skips lines over the maximum length. */
async function* wholeLines(path: string, from: number): AsyncGenerator<{ line: string; end: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let at = from;
  let skipping = false;
  for await (const chunk of createReadStream(path, { start: from }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      const line = rest.toString('utf8', start, end);
      start = end + 1;
      if (!skipping) yield { line, end: at + start };
      skipping = false;
    }
    at += start;
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) {
      at += rest.length;
      rest = Buffer.alloc(0);
      skipping = true;
    }
  }
}

function isWanted(text: string, { run, source, level, since }: LogFilter): boolean {
  // Checked before parsing, because most lines do not match.
  if (text === '' || (run !== undefined && !text.includes(run))) return false;
  const line = parse(text);
  if (!line) return run === undefined && source === undefined && level === undefined && since === undefined;
  return (
    (run === undefined || line.run?.startsWith(run) === true) &&
    (source === undefined || line.source === source) &&
    (level === undefined || rankOf(line.level) >= LEVELS.indexOf(level)) &&
    (since === undefined || (line.time ?? '') >= since.toISOString())
  );
}

function parse(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as LogLine | null;
    return typeof line === 'object' && line !== null ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Older lines contain pino's numeric levels. */
function rankOf(level: LogLine['level']): number {
  return typeof level === 'number' ? level / 10 - 1 : LEVELS.indexOf(level ?? '');
}
