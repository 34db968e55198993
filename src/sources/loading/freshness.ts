import type { Config } from '../../config.js';
import type { AnySource } from '../../model/source.js';

const HOUR = 3_600_000;

/** Milliseconds after a complete listing in which the source is not collected again, unless the run is forced. */
export function freshnessOf(
  { freshnessMs }: Pick<AnySource, 'freshnessMs'>,
  config: Pick<Config, 'freshnessMs'>,
): number {
  return config.freshnessMs ?? freshnessMs ?? HOUR;
}
