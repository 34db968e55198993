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

/** The status of a run or a source, in the colour of what it means. */
export const colouredStatus = (status: string): string => (COLOURS[status] ?? String)(status);
