import type { Config } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { useNetwork } from '../../network/network.js';
import { samplePage } from './sample-page.js';
import { resolveSettings } from '../../model/settings.js';
import type { AnySource, FetchedPage, Input } from '../../model/source.js';
import { listening, type Exchange } from './exchanges.js';

/** What came of asking a vendor for one page. */
export interface Asked {
  input: Input;
  page?: FetchedPage;
  failure?: Failure;
  exchanges: Exchange[];
  /** Until the page was here or not, milliseconds: the login and one request. */
  ms: number;
}

/**
 * Logs in and asks for one page of about `rows` records. The vendor's failures are part of the result; settings that do not
 * resolve are thrown as `Failure('settings-invalid')`.
 */
export async function ask(
  source: AnySource,
  config: Pick<Config, 'environment' | 'onPremises'>,
  rows: number,
  timeoutMs: number,
): Promise<Asked> {
  useNetwork(config);
  const input = source.input(resolveSettings(source.name, source.settings, config.environment));
  const controller = new AbortController();
  const late = new Failure('unreachable', `${source.name} gave no page within ${timeoutMs / 1000} s`, {
    source: source.name,
    remedy: 'Check the URL and the way there; --timeout gives it longer',
  });
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  const began = performance.now();
  try {
    const { result, exchanges } = await listening(() =>
      samplePage(input, rows, controller.signal).then(
        (page) => ({ page }),
        (error: unknown) => ({ error }),
      ),
    );
    const ms = Math.round(performance.now() - began);
    if ('page' in result) return { input, ...(result.page ? { page: result.page } : {}), exchanges, ms };
    if (!(result.error instanceof Failure)) throw result.error;
    return { input, failure: result.error, exchanges, ms };
  } finally {
    clearTimeout(timer);
  }
}
