import type { Config } from '../../config.js';
import { Failure, type FailureKind } from '../../model/failure.js';
import type { AnySource } from '../../model/source.js';
import { ask } from './fetch-sample.js';
import { remarksOn, shownPath } from './definition.js';
import { doubtsOf } from './completeness-doubts.js';
import { brokenIn } from './rehearse.js';
import { headerFacts, type HeaderFacts } from './header-facts.js';
import { isPartlySet, settingLines, type SettingLine } from './settings.js';

/** The result of checking one source. */
export interface Checked {
  name: string;
  file: string;
  remarks: string[];
  settings: SettingLine[];
  /** Absent if no request was made, because of its settings or `--offline`. */
  response?: Response;
  failure?: { kind: FailureKind; message: string; remedy?: string };
}

interface Response extends HeaderFacts {
  /** From the first request (usually a login) to the page, milliseconds. */
  ms: number;
  requests: { method: string; at: string; status: number; ms: number }[];
  /** Number of records on the requested page; absent if no page arrived. */
  rows?: number;
  /** Records of the whole listing, if the vendor reports it or this page is the only one. */
  total?: number;
  warnings: string[];
}

export interface CheckOptions {
  /** Checks only its file and settings: no request is made. */
  offline?: boolean;
  /** Time limit for the page, seconds. */
  timeout: number;
}

/** Checks one source. Throws only for defects of Rollcall. */
export async function check(source: AnySource, file: string, config: Config, options: CheckOptions): Promise<Checked> {
  const settings = settingLines(source, config.environment);
  const checked: Checked = { name: source.name, file: shownPath(file), remarks: remarksOn(source), settings };
  const broken = brokenIn(source, file, config.environment);
  if (broken !== undefined) {
    checked.failure = {
      kind: 'settings-invalid',
      message: `${checked.file}: ${broken}`,
      remedy: 'Correct the source file',
    };
    return checked;
  }
  const unset = settings.filter(({ fault }) => fault !== undefined);
  if (unset.length > 0) {
    // The user has not set up this source. With `--offline` that is no error.
    if (options.offline && !isPartlySet(settings)) return checked;
    checked.failure = {
      kind: 'settings-invalid',
      message: unset.map(({ variable, fault }) => `${variable} ${fault}`).join('; '),
      remedy: `Set ${unset.map(({ variable }) => variable).join(', ')} in .env (see .env.example)`,
    };
    return checked;
  }
  if (options.offline) return checked;
  try {
    // For a queue only the number of messages is requested: a receive would count against its redrive policy.
    const rows = source.listing === 'queue' ? 0 : 1;
    const { page, failure, exchanges, ms } = await ask(source, config, rows, options.timeout * 1000);
    const lacking = page?.lacks ?? [];
    // If the page lacks the values that lead to the next page, there may be more pages.
    const all = page?.next === null && source.listing !== 'queue' && lacking.length === 0;
    const total = page?.total ?? (all ? page?.rows : undefined);
    checked.response = {
      ms,
      requests: exchanges.map(({ method, at, status, ms }) => ({ method, at, status, ms })),
      ...(page ? { rows: page.rows } : {}),
      ...(total === undefined ? {} : { total }),
      warnings: [...(page?.warnings ?? []), ...doubtsOf(page)],
      ...headerFacts(exchanges, secretsOf(source, config)),
    };
    if (failure) checked.failure = noted(failure);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    checked.failure = noted(error);
  }
  return checked;
}

const noted = ({ kind, message, details: { remedy, retryAfterMs } }: Failure) => ({
  kind,
  message: retryAfterMs === undefined ? message : `${message}; retry after ${Math.ceil(retryAfterMs / 1000)} s`,
  ...(remedy === undefined ? {} : { remedy }),
});

const secretsOf = (source: AnySource, config: Config): string[] =>
  Object.values(source.settings).flatMap(({ env, secret }) => (secret && config.environment[env]?.trim()) || []);
