import { prettyFactory } from 'pino-pretty';
import { printable } from '../format/printable.js';

/**
 * Formats a line (JSON) for people: `21:04:11 INFO qualys: Page batch fetched pages=4 rows=362 run=…`. A line of another form
 * is shown as it is. Control characters are removed, because parts of some messages come from vendors.
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
      if (typeof parsed === 'object' && parsed !== null) return show(withoutControls(parsed));
    } catch {
      // not JSON
    }
    return `${printable(line.trimEnd())}\n`;
  };
}

/** Fields that the line shows elsewhere, or that only programs use. */
const OMITTED = new Set(['level', 'time', 'source', 'run', 'workflow', 'activity']);

function sentence(line: Record<string, unknown>, messageKey: string): string {
  const { source, run } = line;
  const fields = Object.entries(line)
    .filter(([name, value]) => name !== messageKey && !OMITTED.has(name) && !(name === 'attempt' && value === 1))
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  const parts = [source && `${fieldText(source)}:`, line[messageKey], ...fields, run && `run=${fieldText(run)}`];
  return parts.filter(Boolean).join(' ');
}

const fieldText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

function withoutControls(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(withoutControls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [printable(name), withoutControls(inner)]));
}
