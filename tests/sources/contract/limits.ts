import type { HttpInputOptions } from '../../../src/connectors/http/index.js';
import type { Cursor } from '../../../src/model/source.js';

type Options = HttpInputOptions<Cursor>;

/** What sources have declared since the file began. */
export const declared: Partial<Options>[] = [];
let instead: Options['limits'];

/** Limits that every source has from now on in place of its own; its own ones again without any. */
export function limitTo(limits?: Options['limits']): void {
  instead = limits;
}

/** For `jest.mock` of connectors/http/input.js: the sources are the real ones, as is all that they say, but for their limits. */
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
