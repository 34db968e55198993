import type { Normalized } from '../normalize/normalize.js';
import type { Normalizer } from '../threads/pool.js';
import { counts } from './counts.js';

type OnPage = (sum: Normalized) => void;

const OUTCOMES = ['new', 'changed', 'unchanged', 'quarantined'] as const;

/** Counts what pages come to, from the sums that the normalizer tells after each page. */
export function countingNormalizer(normalizer: Normalizer): Normalizer {
  const counting = async (source: string, onPage: OnPage, work: (onPage: OnPage) => Promise<Normalized>) => {
    const count = counterOf(source);
    const sum = await work((now) => {
      count(now);
      onPage(now);
    });
    // Of a thread, the last word may have come after its answer.
    count(sum);
    return sum;
  };
  return {
    normalize: (input, signal, onPage) =>
      counting(input.source, onPage, (told) => normalizer.normalize(input, signal, told)),
    deliver: (input, signal, onPage) =>
      counting(input.source, onPage, (told) => normalizer.deliver(input, signal, told)),
    close: () => normalizer.close(),
  };
}

function counterOf(source: string): OnPage {
  // The sum may be one object that grows: what was counted is kept apart.
  const counted = { pages: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0 };
  return (sum) => {
    counts.normalized.inc({ source }, Math.max(0, sum.pages - counted.pages));
    counted.pages = Math.max(sum.pages, counted.pages);
    for (const outcome of OUTCOMES) {
      counts.records.inc({ source, outcome }, Math.max(0, sum[outcome] - counted[outcome]));
      counted[outcome] = Math.max(sum[outcome], counted[outcome]);
    }
  };
}
