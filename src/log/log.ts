import pc from 'picocolors';
import pino, { type DestinationStream, type Logger } from 'pino';
import { DateFolders } from './folders.js';
import { prettyLines } from './pretty.js';
import { scrubber } from './secrets.js';

export interface LogOptions {
  /** Folder that contains the day folders. */
  dir: string;
  level: string;
  /** Number of days that are kept. */
  keepDays: number;
  console?: boolean;
  /** Values that must not be written, in addition to values that are recognized by their form. */
  secrets?: readonly string[];
  /** Maximum size of a file, bytes. */
  maxBytes?: number;
  now?: () => Date;
}

/**
 * Opens a log that writes JSON lines to the folder of the day and to standard error, formatted as text on a terminal. Callers
 * log ids and counts, never records; secrets logged by mistake are removed.
 */
export function openLog({ level, console, secrets = [], ...folders }: LogOptions): Logger {
  const scrub = scrubber(secrets);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: scrub },
  };
  const screen = standardError();
  // For problems with the log files, which are always reported on the console.
  const consoleLog = pino(options, screen);
  const files = new DateFolders({
    ...folders,
    onWriteStatus: (status) => {
      const at = { dir: folders.dir, ...status };
      if ('lost' in status) consoleLog.warn(at, 'Logs are written to their folder again');
      else consoleLog.error(at, 'Logs cannot be written to their folder: lines are on the console only');
    },
  });
  const streams: pino.StreamEntry[] = [{ level: 'trace', stream: files }];
  if (console !== false) streams.push({ level: 'trace', stream: screen });
  return pino(options, pino.multistream(streams));
}

function standardError(): DestinationStream {
  const bytes = pino.destination({ dest: 2, sync: true });
  if (!process.stderr.isTTY) return bytes;
  const show = prettyLines({ colour: pc.isColorSupported });
  return { write: (line) => void bytes.write(show(line)) };
}
