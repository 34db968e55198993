import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Checks the rules for the folders of `src/`: see docs/architecture.md. */
const SRC = join(__dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const texts = new Map(files.map((path) => [path, readFileSync(join(SRC, path), 'utf8')]));

/** The folder right below `src/`, or the file itself. */
const topFolderOf = (path: string) => path.split('/')[0]!;

function importsOf(path: string): string[] {
  return [...texts.get(path)!.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)]
    .map(([, to]) => `${normalize(join(dirname(path), to!))}.ts`)
    .filter((to) => texts.has(to));
}

test('imports between folders run one way', () => {
  const below = new Map<string, Set<string>>();
  for (const path of files)
    for (const to of importsOf(path))
      if (topFolderOf(to) !== topFolderOf(path))
        below.set(topFolderOf(path), (below.get(topFolderOf(path)) ?? new Set()).add(topFolderOf(to)));
  expect(below.size).toBeGreaterThan(20);
  const done = new Set<string>();
  const visit = (folder: string, path: readonly string[]): void => {
    if (path.includes(folder)) throw new Error(`A cycle: ${[...path.slice(path.indexOf(folder)), folder].join(' → ')}`);
    if (done.has(folder)) return;
    for (const next of below.get(folder) ?? []) visit(next, [...path, folder]);
    done.add(folder);
  };
  for (const folder of below.keys()) visit(folder, []);
});

test('no folder has more than 20 files, no file more than 250 lines, and half of them at most 80', () => {
  const folders = new Map<string, number>();
  for (const path of files) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
  expect([...folders].filter(([, count]) => count > 20)).toEqual([]);
  const lines = [...texts].map(([path, text]) => [path, text.split('\n').length - 1] as const);
  expect(lines.filter(([, count]) => count > 250)).toEqual([]);
  expect(lines.map(([, count]) => count).sort((a, b) => a - b)[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(80);
});

test('the tree in the architecture names every folder', () => {
  const tree = /## The tree\n(.*?)\n## /s.exec(readFileSync(join(SRC, '../docs/architecture.md'), 'utf8'))![1]!;
  const topFolders = [...new Set(files.filter((path) => path.includes('/')).map(topFolderOf))];
  expect(topFolders.filter((folder) => !tree.includes(`${folder}/`))).toEqual([]);
});
