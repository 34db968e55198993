import { isRaw, rawOf, type Raw } from '../mapping/raw.js';

/** Maximum entries: no host needs more interfaces or tags, and the raw page keeps the rest. */
const MOST = 512;

/**
 * The entries of a Qualys list (`{list: …}`) in each of its forms: JSON's array of wrappers (`[{"HostAssetInterface": {…}},
 * …]`), the form parsed from XML (`{"HostAssetInterface": {…} | […]}`), and empty (`""`, missing).
 */
export function entries(container: unknown, wrapper: string): Raw[] {
  const list = rawOf(container)['list'];
  const found: Raw[] = [];
  for (const part of Array.isArray(list) ? list : [list]) {
    const wrapped = rawOf(part)[wrapper];
    for (const entry of Array.isArray(wrapped) ? wrapped : [wrapped]) {
      if (isRaw(entry)) found.push(entry);
      if (found.length === MOST) return found;
    }
  }
  return found;
}

/** The number of entries of a list, without parsing them; `undefined` if the record has no such list. */
export function entryCount(container: unknown, wrapper: string): number | undefined {
  if (container === '') return 0;
  if (!isRaw(container)) return undefined;
  const list = container['list'];
  if (Array.isArray(list)) return list.length;
  if (list === '') return 0;
  if (!isRaw(list)) return undefined;
  const wrapped = list[wrapper];
  if (Array.isArray(wrapped)) return wrapped.length;
  return wrapped === undefined || wrapped === '' ? 0 : 1;
}
