import { printable } from './printable.js';

/** Formats two texts in columns when the width allows, otherwise one below the other. Wraps lines that are too long. */
export function sideBySide(left: Block, right: Block, width: number): string[] {
  const half = Math.floor((width - 3) / 2);
  if (half < 40) return [left.title, ...left.lines.map(printable), right.title, ...right.lines.map(printable)];
  const columns = [left, right].map(({ title, lines }) => [
    title,
    ...lines.flatMap((line) => wrapped(printable(line), half)),
  ]);
  const [lefts, rights] = columns as [string[], string[]];
  return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, at) =>
    `${(lefts[at] ?? '').padEnd(half)} │ ${rights[at] ?? ''}`.trimEnd(),
  );
}

export interface Block {
  title: string;
  lines: string[];
}

function wrapped(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = /^ */.exec(line)![0].slice(0, width / 2) + '  ';
  const rest = line.slice(width);
  const pieces = [line.slice(0, width)];
  const step = width - indent.length;
  for (let at = 0; at < rest.length; at += step) pieces.push(indent + rest.slice(at, at + step));
  return pieces;
}

/** Returns the first `most` lines and the number of lines left out. */
export function shortened(lines: string[], most: number): string[] {
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most), `… ${lines.length - most} more lines (--json shows all)`];
}
