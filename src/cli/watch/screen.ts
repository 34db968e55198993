import { colours as pc } from '../../format/colours.js';
import { wholeLine, type Line } from './line.js';

const WIDTH = 18;

/** Lines on standard error: redrawn in place on a terminal, elsewhere printed when they change. */
export class Screen {
  readonly live = process.stderr.isTTY && !process.env['CI'];
  private lines = 0;
  private readonly printed = new Map<string, string>();

  draw(lines: readonly Line[]): void {
    if (!this.live) {
      for (const line of lines) this.print(line);
      return;
    }
    this.clear();
    const drawn = lines.flatMap(({ source, notes, ...line }) => [
      `${pc.cyan(source.padEnd(WIDTH))} ${fit(wholeLine(line))}`,
      ...notes.map((note) => `${' '.repeat(WIDTH)} ${pc.yellow(fit(note))}`),
    ]);
    process.stderr.write(drawn.map((line) => `${line}\n`).join(''));
    this.lines = drawn.length;
  }

  clear(): void {
    if (this.lines > 0) process.stderr.write(`\u001b[${this.lines}A\u001b[0J`);
    this.lines = 0;
  }

  /** Prints the line if it has changed. A change of the pace alone does not count. */
  private print({ source, notes, pace, ...line }: Line): void {
    const news = [wholeLine(line), ...notes].join('; ');
    if (this.printed.get(source) !== news)
      process.stderr.write(`${source}: ${[wholeLine({ ...line, ...(pace ? { pace } : {}) }), ...notes].join('; ')}\n`);
    this.printed.set(source, news);
  }
}

/** Cuts a line to the width of the terminal, because `clear` counts a wrapped line as one line. */
function fit(text: string): string {
  const room = (process.stderr.columns || 80) - WIDTH - 2;
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}
