import type { Normalized } from '../normalize/normalized.js';
import type { Threads } from '../threads/pool.js';
import { counts } from './counts.js';

type OnPage = (sum: Normalized) => void;

const OUTCOMES = ['new', 'changed', 'unchanged', 'quarantined'] as const;

/** Wraps the threads and counts the outcomes of pages from the sums that it reports after each page. */
export function countingThreads(threads: Threads): Threads {
  const counting = async (source: string, onPage: OnPage, work: (onPage: OnPage) => Promise<Normalized>) => {
    const count = counterOf(source);
    const sum = await work((now) => {
      count(now);
      onPage(now);
    });
    // A thread's last report may arrive after its result.
    count(sum);
    return sum;
  };
  return {
    normalize: (input, signal, onPage) =>
      counting(input.source, onPage, (report) => threads.normalize(input, signal, report)),
    loadInOrder: (input, signal, onPage) =>
      counting(input.source, onPage, (report) => threads.loadInOrder(input, signal, report)),
    mergeParts: (input, signal, onPart) => threads.mergeParts(input, signal, onPart),
    close: () => threads.close(),
  };
}

function counterOf(source: string): OnPage {
  // The sum may be one object that grows, so the counted values are copied.
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
