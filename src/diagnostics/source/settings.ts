import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { AnySource } from '../../model/source.js';
import type { Setting } from '../../model/settings.js';

/** One setting of a source as resolved from the environment. */
export interface SettingLine {
  variable: string;
  help: string;
  /** Has no default. */
  required: boolean;
  from: 'environment' | '.env' | 'default' | 'nowhere';
  /** `(hidden)` for a secret. Absent if not set, and if malformed: a malformed URL may contain a password. */
  value?: string;
  /** Why the source cannot use the value. */
  fault?: string;
}

type Environment = Record<string, string | undefined>;

/** Resolves a source's settings and the origin of each. */
export function settingLines(source: AnySource, environment: Environment): SettingLine[] {
  const file = dotEnv();
  return Object.values(source.settings).map((setting) => lineOf(setting, environment, file));
}

/** Whether the user has set at least one required setting: runs without source names then collect the source. */
export function isPartlySet(lines: readonly SettingLine[]): boolean {
  return lines.some(({ required, from }) => required && from !== 'nowhere');
}

function lineOf(setting: Setting<unknown>, environment: Environment, file: Environment): SettingLine {
  const { env: variable, help, fallback, secret, schema } = setting;
  const line = { variable, help, required: fallback === undefined };
  const given = environment[variable]?.trim();
  const text = given || fallback;
  // The environment has priority over .env. If both have the same value, the origin is shown as .env.
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
