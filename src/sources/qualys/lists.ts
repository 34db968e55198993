import { isRaw, rawOf, type Raw } from '../mapping/raw.js';

/** No host needs more interfaces or tags; the raw page holds what is beyond. */
const MOST = 512;

/**
 * The entries of a Qualys list (`{list: …}`), in each shape that it comes in: JSON's array of wrappers
 * (`[{"HostAssetInterface": {…}}, …]`), what XML becomes (`{"HostAssetInterface": {…} | […]}`), and empty (`""`, missing).
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

/** How many entries a list has, without looking into them; nothing when the record does not have the list. */
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
