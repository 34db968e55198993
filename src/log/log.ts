import pc from 'picocolors';
import pino, { type DestinationStream, type Logger } from 'pino';
import { DateFolders } from './folders.js';
import { prettyLines } from './pretty.js';
import { scrubber } from './secrets.js';

export interface LogOptions {
  /** Folder of the day folders. */
  dir: string;
  level: string;
  /** Days whose folders are kept. */
  keepDays: number;
  console?: boolean;
  /** Values that must not be written anywhere, beside what looks like a secret. */
  secrets?: readonly string[];
  /** Size at which a file is followed by the next one, bytes. */
  maxBytes?: number;
  now?: () => Date;
}

/**
 * JSON lines to the folder of the day, and to standard error: there as text on a terminal. Callers log ids and counts,
 * never records; what looks like a secret all the same is taken out.
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
  // Said on the console in any case: it is what is left.
  const teller = pino(options, screen);
  const files = new DateFolders({
    ...folders,
    onTrouble: (trouble) => {
      const at = { dir: folders.dir, ...trouble };
      if ('lost' in trouble) teller.warn(at, 'Logs are written to their folder again');
      else teller.error(at, 'Logs cannot be written to their folder: lines are on the console only');
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
