import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { removeOldDays } from './keep.js';
import { PRIVATE, PRIVATE_FOLDER } from '../system/private-files.js';

export interface FolderOptions {
  dir: string;
  /** Folders older than this number of days are removed. */
  keepDays: number;
  /** Maximum size of a file, bytes. */
  maxBytes?: number;
  now?: () => Date;
  /**
   * Called once when writing begins to fail (with the system's error code), and once when it works again (with the number of
   * lost lines).
   */
  onWriteStatus?: (status: { code: string } | { lost: number }) => void;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** Milliseconds between tries while writing fails. */
const RETRY_MS = 10_000;

/** `rollcall.log`, then `rollcall.1.log`, … */
export const fileName = (number: number): string => (number === 0 ? 'rollcall.log' : `rollcall.${number}.log`);

/**
 * Writes lines to `DIR/YYYY-MM-DD/rollcall.log`. The folder follows the date (UTC), also in a process that runs for months.
 * Several processes may write to one folder: each line is appended in one call, and no file is renamed. If the disk is full or
 * read-only, lines are lost and the process continues.
 */
export class DateFolders {
  #day = '';
  #number = 0;
  #fd: number | undefined;
  /** The last line was truncated because the disk was full. */
  #torn = false;
  #broken = false;
  #lost = 0;
  #retryAt = 0;

  constructor(private readonly options: FolderOptions) {}

  write(line: string): void {
    const now = this.options.now?.() ?? new Date();
    if (this.#broken && now.getTime() < this.#retryAt) {
      this.#lost += 1;
      return;
    }
    try {
      this.#append(line, now);
    } catch (error) {
      this.#lost += 1;
      this.#retryAt = now.getTime() + RETRY_MS;
      this.#close();
      if (!this.#broken) this.options.onWriteStatus?.({ code: (error as NodeJS.ErrnoException).code ?? 'error' });
      this.#broken = true;
      return;
    }
    if (this.#broken) this.options.onWriteStatus?.({ lost: this.#lost });
    this.#broken = false;
    this.#lost = 0;
  }

  #append(line: string, now: Date): void {
    const day = now.toISOString().slice(0, 10);
    if (day !== this.#day) this.#begin(day);
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    const written = writeSync(this.#file(bytes.length), bytes);
    this.#torn = written < bytes.length;
    if (this.#torn) throw Object.assign(new Error('The disk is full'), { code: 'ENOSPC' });
  }

  #begin(day: string): void {
    this.#close();
    mkdirSync(join(this.options.dir, day), { recursive: true, mode: PRIVATE_FOLDER });
    this.#day = day;
    this.#number = 0;
    this.#torn = false;
    removeOldDays(this.options.dir, this.options.keepDays, day);
  }

  /** The file with room for that many more bytes. */
  #file(length: number): number {
    const room = (fd: number) => {
      const { size, nlink } = fstatSync(fd);
      // Another process may have removed the file.
      return nlink > 0 && (size === 0 || size + length <= (this.options.maxBytes ?? MAX_BYTES));
    };
    if (this.#fd !== undefined && room(this.#fd)) return this.#fd;
    this.#close();
    const folder = join(this.options.dir, this.#day);
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    for (; ; this.#number += 1) {
      const fd = openSync(join(folder, fileName(this.#number)), 'a', PRIVATE.mode);
      if (room(fd)) return (this.#fd = fd);
      closeSync(fd);
    }
  }

  #close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch {
      // nothing more can be done
    }
  }
}
