import type { Config } from '../../config.js';
import { Failure, type FailureKind } from '../../model/failure.js';
import type { AnySource } from '../../model/source.js';
import { ask } from './ask.js';
import { remarksOn, shownPath } from './definition.js';
import { doubtsOf } from './doubts.js';
import { brokenIn } from './rehearse.js';
import { toldBy, type Told } from './reported.js';
import { isMeant, settingLines, type SettingLine } from './settings.js';

/** What a check of one source found. */
export interface Checked {
  name: string;
  file: string;
  remarks: string[];
  settings: SettingLine[];
  /** Absent: not asked, because of its settings or `--offline`. */
  answer?: Answer;
  failure?: { kind: FailureKind; message: string; remedy?: string };
}

interface Answer extends Told {
  /** From the first request (a login, mostly) to the page, milliseconds. */
  ms: number;
  requests: { method: string; at: string; status: number; ms: number }[];
  /** Records on the page that was asked for; absent when none came. */
  rows?: number;
  /** Records of the whole listing, where the vendor tells or this page is all. */
  total?: number;
  warnings: string[];
}

export interface CheckOptions {
  /** Its file and its settings alone: no request is made. */
  offline?: boolean;
  /** How long it may take to give a page, seconds. */
  timeout: number;
}

/** Checks one source. Throws what is a defect of ours. */
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
    // Nobody has begun to set it up: without a wish for a request that is no fault.
    if (options.offline && !isMeant(settings)) return checked;
    checked.failure = {
      kind: 'settings-invalid',
      message: unset.map(({ variable, fault }) => `${variable} ${fault}`).join('; '),
      remedy: `Set ${unset.map(({ variable }) => variable).join(', ')} in .env (see .env.example)`,
    };
    return checked;
  }
  if (options.offline) return checked;
  try {
    // A queue is asked how many wait: to receive one for it would count against its redrive policy.
    const rows = source.listing === 'queue' ? 0 : 1;
    const { page, failure, exchanges, ms } = await ask(source, config, rows, options.timeout * 1000);
    const lacking = page?.lacks ?? [];
    // Where it is not known how a page goes on, this one need not be all.
    const all = page?.next === null && source.listing !== 'queue' && lacking.length === 0;
    const total = page?.total ?? (all ? page?.rows : undefined);
    checked.answer = {
      ms,
      requests: exchanges.map(({ method, at, status, ms }) => ({ method, at, status, ms })),
      ...(page ? { rows: page.rows } : {}),
      ...(total === undefined ? {} : { total }),
      warnings: [...(page?.warnings ?? []), ...doubtsOf(page)],
      ...toldBy(exchanges, secretsOf(source, config)),
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
  message: retryAfterMs === undefined ? message : `${message}; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`,
  ...(remedy === undefined ? {} : { remedy }),
});

const secretsOf = (source: AnySource, config: Config): string[] =>
  Object.values(source.settings).flatMap(({ env, secret }) => (secret && config.environment[env]?.trim()) || []);
