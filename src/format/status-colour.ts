import { colours as pc } from './colours.js';

const COLOURS: Record<string, (text: string) => string> = {
  complete: pc.green,
  completed: pc.green,
  fresh: pc.green,
  partial: pc.yellow,
  busy: pc.yellow,
  cancelled: pc.yellow,
  failed: pc.red,
};

/** Colours the status of a run or a source: green, yellow or red. */
export const colouredStatus = (status: string): string => (COLOURS[status] ?? String)(status);
