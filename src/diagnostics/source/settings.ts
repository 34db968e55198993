import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { AnySource } from '../../model/source.js';
import type { Setting } from '../../model/settings.js';

/** One setting of a source as it is resolved here. */
export interface SettingLine {
  variable: string;
  help: string;
  /** Has no default. */
  required: boolean;
  from: 'environment' | '.env' | 'default' | 'nowhere';
  /** Of a secret: `(hidden)`. Absent where there is none, and where it is malformed: a URL may hold a password then. */
  value?: string;
  /** Why the source cannot use it. */
  fault?: string;
}

type Environment = Record<string, string | undefined>;

/** A source's settings, with where each comes from. */
export function settingLines(source: AnySource, environment: Environment): SettingLine[] {
  const file = dotEnv();
  return Object.values(source.settings).map((setting) => lineOf(setting, environment, file));
}

/** Whether something that it requires is set: then a run without names is meant to collect it. */
export function isMeant(lines: readonly SettingLine[]): boolean {
  return lines.some(({ required, from }) => required && from !== 'nowhere');
}

function lineOf(setting: Setting<unknown>, environment: Environment, file: Environment): SettingLine {
  const { env: variable, help, fallback, secret, schema } = setting;
  const line = { variable, help, required: fallback === undefined };
  const given = environment[variable]?.trim();
  const text = given || fallback;
  // The environment goes before .env: where both say the same it does not matter which of them is named.
  const from = given ? (file[variable]?.trim() === given ? '.env' : 'environment') : 'default';
  if (text === undefined) return { ...line, from: 'nowhere', fault: 'is not set' };
  const parsed = schema.safeParse(text);
  if (parsed.success) return { ...line, from, value: secret ? '(hidden)' : text };
  const why = parsed.error.issues.map((issue) => issue.message).join(', ');
  return { ...line, from, fault: secret ? 'is malformed' : why };
}

function dotEnv(): Environment {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
}
