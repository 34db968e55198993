import { isDefect } from '../set-aside.js';
import { addMerged, NOTHING_MERGED, type Merged } from '../merged.js';
import type { KeyVerdict } from '../../host/identity/resolution.js';
import type { Store } from '../../store/database.js';
import type { MergePartDoc } from '../../store/documents/merge-plans.js';
import { leavePart, mergePart } from './merge-part.js';

export interface PartsInput {
  run: string;
  /** The parts whose position modulo `of` is `index` are merged first, then the others. */
  share: { index: number; of: number };
}

/** Parts that are read at once. */
const AHEAD = 20;
/** Parts of other shares among which one is chosen. */
const CHOICE = 8;
/** Parts that are merged at once: while one waits for MongoDB, another one is resolved. */
const AT_ONCE = 1;

/**
 * Merges the parts of the current plan until none is left or the signal aborts. Any number of processes can do this at once. Calls
 * `onPart` with the sum after each part.
 */
export async function mergeParts(
  store: Store,
  { run, share }: PartsInput,
  signal: AbortSignal,
  onPart: (sum: Merged) => void,
): Promise<Merged> {
  const sum = { ...NOTHING_MERGED };
  const plan = await store.mergePlans.findOne({ state: 'ready' });
  if (!plan) return sum;
  const popular = await popularKeys(store);
  const merge = async (part: MergePartDoc) => {
    try {
      addMerged(sum, await mergePart(store, part, popular, run));
    } catch (error) {
      if (!isDefect(error)) throw error;
      await leavePart(store, part);
    }
    onPart(sum);
  };
  for await (const parts of partsOf(store, plan._id, share)) {
    const next = parts.values();
    const work = async () => {
      for (const part of next) if (!signal.aborted) await merge(part);
    };
    // All transactions have ended before an error is thrown.
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
    if (signal.aborted) break;
  }
  return sum;
}

/**
 * The parts of the share, and then parts of other shares, each chosen at random among a few: two activities that merged the same
 * parts in the same order would only wait for each other.
 */
async function* partsOf(
  store: Store,
  plan: string,
  { index, of }: PartsInput['share'],
): AsyncGenerator<MergePartDoc[]> {
  const read = (filter: object, limit: number, seq: 1 | -1 = 1) =>
    store.mergeParts.find({ plan, ...filter }, { sort: { seq }, limit }).toArray();
  const own = { seq: { $mod: [of, index] } };
  for (let parts = await read(own, AHEAD); parts.length > 0; parts = await read(own, AHEAD)) yield parts;
  const others = () => read({}, CHOICE, Math.random() < 0.5 ? 1 : -1);
  for (let parts = await others(); parts.length > 0; parts = await others())
    yield [parts[Math.floor(Math.random() * parts.length)]!];
}

/** Keys that link nothing, because more records have them than the limit of their kind. */
export async function popularKeys(store: Store): Promise<Map<string, KeyVerdict>> {
  const found = await store.keyStates.find({ why: 'holders' }).toArray();
  return new Map(found.map(({ _id, ...state }) => [_id, state]));
}
