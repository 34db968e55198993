import { prettyFactory } from 'pino-pretty';
import { plain } from '../format/plain.js';

/**
 * What shows a line (JSON) to a person: `21:04:11 INFO qualys: PageBatch fetched pages=4 rows=362 run=…`. A line that is none
 * of ours is shown as it is. Control characters are taken out: parts of some messages come from vendors.
 */
export function prettyLines({ colour, date = false }: { colour: boolean; date?: boolean }): (line: string) => string {
  const show = prettyFactory({
    colorize: colour,
    hideObject: true,
    messageFormat: (line, messageKey) => sentence(line, messageKey),
    translateTime: date ? 'UTC:yyyy-mm-dd HH:MM:ss' : 'UTC:HH:MM:ss',
  });
  return (line) => {
    try {
      const parsed: unknown = JSON.parse(line);
      if (typeof parsed === 'object' && parsed !== null) return show(harmless(parsed));
    } catch {
      // not JSON
    }
    return `${plain(line.trimEnd())}\n`;
  };
}

/** Shown in front, or of interest to programs only. */
const APART = new Set(['level', 'time', 'source', 'run', 'workflow', 'activity']);

function sentence(line: Record<string, unknown>, messageKey: string): string {
  const { source, run } = line;
  const fields = Object.entries(line)
    .filter(([name, value]) => name !== messageKey && !APART.has(name) && !(name === 'attempt' && value === 1))
    .map(([name, value]) => `${name}=${shown(value)}`);
  const parts = [source && `${shown(source)}:`, line[messageKey], ...fields, run && `run=${shown(run)}`];
  return parts.filter(Boolean).join(' ');
}

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

function harmless(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(harmless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plain(name), harmless(inner)]));
}
