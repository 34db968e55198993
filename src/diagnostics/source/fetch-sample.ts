import type { Config } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { useNetwork } from '../../network/network.js';
import { samplePage } from './sample-page.js';
import { resolveSettings } from '../../model/settings.js';
import type { AnySource, FetchedPage } from '../../model/source.js';
import { recordExchanges, type Exchange } from './exchanges.js';

/** The result of requesting one page from a vendor. */
export interface SampleResult {
  page?: FetchedPage;
  failure?: Failure;
  exchanges: Exchange[];
  /** Duration of the login and one request, milliseconds. */
  ms: number;
}

/**
 * Logs in and requests one page of about `rows` records. The result includes the vendor's failures; settings that do not
 * resolve throw `Failure('settings-invalid')`.
 */
export async function ask(
  source: AnySource,
  config: Pick<Config, 'environment' | 'onPremises'>,
  rows: number,
  timeoutMs: number,
): Promise<SampleResult> {
  useNetwork(config);
  const input = source.input(resolveSettings(source.name, source.settings, config.environment));
  const controller = new AbortController();
  const late = new Failure('unreachable', `${source.name} returned no page within ${timeoutMs / 1000} s`, {
    source: source.name,
    remedy: 'Check the URL and the network path; --timeout extends the limit',
  });
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  const began = performance.now();
  try {
    const { result, exchanges } = await recordExchanges(() =>
      samplePage(input, rows, controller.signal).then(
        (page) => ({ page }),
        (error: unknown) => ({ error }),
      ),
    );
    const ms = Math.round(performance.now() - began);
    if ('page' in result) return { ...(result.page ? { page: result.page } : {}), exchanges, ms };
    if (!(result.error instanceof Failure)) throw result.error;
    return { failure: result.error, exchanges, ms };
  } finally {
    clearTimeout(timer);
  }
}
