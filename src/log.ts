import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';

/** Lines go to `DIR/YYYY-MM-DD/rollcall.log`; the folder follows the date (UTC), also in a process that lives for months. */
class DateFolders extends Writable {
  private day = '';
  private file: WriteStream | undefined;

  constructor(private readonly dir: string) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const day = new Date().toISOString().slice(0, 10);
    if (day !== this.day) {
      this.file?.end();
      mkdirSync(join(this.dir, day), { recursive: true });
      this.file = createWriteStream(join(this.dir, day, 'rollcall.log'), { flags: 'a' });
      // A full disk must not stop a run: lines are lost, the console still has them.
      this.file.on('error', () => {});
      this.day = day;
    }
    this.file!.write(chunk);
    done();
  }
}

/** JSON lines to the date folders and to the console (standard error). Callers log ids and counts, never records. */
export function openLog(options: { dir: string; level: string; console?: boolean }): Logger {
  const streams: pino.StreamEntry[] = [{ level: 'trace', stream: new DateFolders(options.dir) }];
  if (options.console !== false) streams.push({ level: 'trace', stream: pino.destination({ dest: 2, sync: true }) });
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream(streams),
  );
}
