import type { HttpInputOptions } from '../../../src/connectors/http/index.js';
import type { Cursor } from '../../../src/model/source.js';

type Options = HttpInputOptions<Cursor>;

/** The input options that sources have declared since the test file began. */
export const declared: Partial<Options>[] = [];
let instead: Options['limits'];

/** Replaces the limits of every source from now on. Without an argument, each source uses its own limits again. */
export function limitTo(limits?: Options['limits']): void {
  instead = limits;
}

/**
 * For `jest.mock` of connectors/http/input.js: the sources are the real ones with all their options except their
 * limits.
 */
export function limited(): typeof import('../../../src/connectors/http/input.js') {
  const actual = jest.requireActual<typeof import('../../../src/connectors/http/input.js')>(
    '../../../src/connectors/http/input.js',
  );
  return {
    ...actual,
    httpInput: ((options: Options) => {
      declared.push(options);
      return actual.httpInput({ ...options, limits: { ...options.limits, ...instead } });
    }) as typeof actual.httpInput,
  };
}
