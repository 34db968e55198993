import { hash } from './random.js';

export interface EventsOptions {
  count: number;
  seed: number;
  /** The largest distance of an event from its position in the order. */
  spread?: number;
  /** One line in this many repeats an earlier one. One in ten of these repeated lines has another value. */
  repeatEvery?: number;
  /** One line in this many is invalid. */
  badEvery?: number;
}

const CATEGORIES = ['billing', 'login', 'metrics', 'orders', 'search', 'support'];

const BAD = [
  'not json',
  '{"id": 1, "category": "billing"}',
  '{"id": null, "category": "billing", "value": 1}',
  '{"id": "7", "category": "billing", "value": 1}',
  '{"id": 7, "category": 5, "value": 1}',
  '{"id": 7, "category": "billing", "value": "much"}',
  '[1, 2, 3]',
];

/** Returns lines of an event log: out of order, some repeated, some invalid. The same options always return the same lines. */
export function* eventLines(options: EventsOptions): Generator<string> {
  const { count, seed, spread = 1_000, repeatEvery = 50, badEvery = 1_000 } = options;
  for (let at = 0; at < count; at += 1) {
    if (badEvery > 0 && hash(seed, at, 1) % badEvery === 0) yield BAD[hash(seed, at, 2) % BAD.length]!;
    const repeats = repeatEvery > 0 && at > 0 && hash(seed, at, 3) % repeatEvery === 0;
    const of = repeats ? Math.max(0, at - 1 - (hash(seed, at, 4) % (2 * spread))) : at;
    const differs = repeats && hash(seed, at, 5) % 10 === 0;
    yield eventLine(seed, of, spread, differs);
  }
}

function eventLine(seed: number, at: number, spread: number, differs: boolean): string {
  // Each block of `spread` events is rotated by an amount from the seed, so that every id occurs once.
  const block = Math.floor(at / spread) * spread;
  const id = block + ((at - block + (hash(seed, block) % spread)) % spread);
  const category = CATEGORIES[hash(seed, at, 6) % CATEGORIES.length];
  const value = (hash(seed, at, 7) % 100_000) / 100 + (differs ? 1 : 0);
  return JSON.stringify({ id, category, value });
}

/** The lines as file content, in chunks of about `bytes`. */
export function* eventChunks(options: EventsOptions, bytes = 1 << 20): Generator<string> {
  let chunk = '';
  for (const line of eventLines(options)) {
    chunk += `${line}\n`;
    if (chunk.length < bytes) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
