/**
 * Where something stands in a body: keys joined by dots (`meta.next`), or a list of keys. A dot that belongs to a key is
 * written `\.` in the text (`@odata\.nextLink`), and as it is in a list (`['@odata.nextLink']`).
 */
export type Path = string | readonly string[];

/** The keys of a path from the outside in; none for the body itself (`''`). */
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

/** A path as text that can be pasted into a definition. */
export function pathText(path: Path): string {
  return keysOf(path)
    .map((key) => key.replace(/[\\.]/g, '\\$&'))
    .join('.');
}
