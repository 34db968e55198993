/**
 * Path of a value in a body: keys joined by dots (`meta.next`), or a list of keys. Escape a dot within a key as `\.` in the
 * text form (`@odata\.nextLink`); the list form needs no escape (`['@odata.nextLink']`).
 */
export type Path = string | readonly string[];

/** Keys of a path, outermost first; empty for the body itself (`''`). */
export function keysOf(path: Path): readonly string[] {
  if (typeof path !== 'string') return path;
  if (path === '') return [];
  const keys = [''];
  for (let at = 0; at < path.length; at++) {
    const escaped = path[at] === '\\' && (path[at + 1] === '.' || path[at + 1] === '\\');
    if (path[at] === '.') keys.push('');
    else keys[keys.length - 1] += escaped ? path[++at]! : path[at]!;
  }
  return keys;
}

/** Text form of a path, which can be pasted into a source file. */
export function pathText(path: Path): string {
  return keysOf(path)
    .map((key) => key.replace(/[\\.]/g, '\\$&'))
    .join('.');
}
